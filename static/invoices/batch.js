// The sums follow what is ticked, and all can be ticked at once. Without it the button
// "Recount" does the same.
"use strict";

const NBSP = "\u00a0";
const form = document.querySelector("[data-batch]");

function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, NBSP);
}

function sumOf(boxes) {
    return boxes.reduce((sum, box) => sum + Number(box.dataset.amount), 0);
}

function recount() {
    const all = [];
    let isLacking = false;
    for (const grant of form.querySelectorAll("[data-grant]")) {
        const ticked = [...grant.querySelectorAll("input[data-amount]:checked")];
        const sum = sumOf(ticked);
        const free = Number(grant.dataset.free);
        const share = free ? Math.min((100 * sum) / free, 100) : 0;
        grant.querySelector("[data-sum]").textContent = `${grouped(sum)}${NBSP}kr`;
        grant.querySelector(".bar__part").setAttribute("width", `${share}%`);
        grant.querySelector("[data-lacking]").hidden = sum <= free;
        isLacking ||= sum > free;
        all.push(...ticked);
    }
    form.querySelector("[data-count]").textContent = grouped(all.length);
    form.querySelector("[data-total]").textContent = `${grouped(sumOf(all))}${NBSP}kr`;
    form.querySelector("[data-some-lacking]").hidden = !isLacking;
}

for (const button of document.querySelectorAll("[data-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
        const place = button.closest("[data-tickable]");
        const boxes = [...place.querySelectorAll("input[type=checkbox]")];
        const isTicked = boxes.some((box) => !box.checked);
        for (const box of boxes) box.checked = isTicked;
        boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
    });
}

if (form) {
    for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
    form.addEventListener("change", recount);
    recount();
}
