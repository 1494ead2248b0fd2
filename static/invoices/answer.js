// Comfort in the municipality's answer: sums the planned uses and saves what is typed. The
// page works without it; what does not apply is hidden by its style sheet.

const form = document.querySelector("[data-answer]");
const sum = form.querySelector("[data-sum]");
const uses = [...form.querySelectorAll(".use input")];

function showSum() {
    if (!sum) return;
    const isPart = form.elements.answer.value === "part";
    const amount = isPart ? kronor(form.elements.amount) : Number(form.dataset.left);
    const planned = uses.reduce((total, input) => total + (kronor(input) ?? 0), 0);
    sum.hidden = planned === 0 || amount === null;
    const left = amount - planned;
    sum.dataset.state = left === 0 ? "fits" : left < 0 ? "over" : "left";
    const text = sum.dataset[sum.dataset.state]
        .replace("{planned}", grouped(planned))
        .replace("{left}", grouped(Math.abs(left)))
        .replaceAll(" kr", "\u00a0kr");
    if (sum.textContent !== text) sum.textContent = text;
}

saveWhileTyping(form, {
    typed: showSum,
    keep: (told) => { form.elements.stamp.value = told.stamp; },
});
groupAmounts(form);
// The browser comes back with what was typed when one goes back in the history.
window.addEventListener("pageshow", showSum);
showSum();
