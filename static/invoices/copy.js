// Copies what stands beside the button. Without a script the text is there to mark.

const told = document.querySelector("[data-copied]");

for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    const label = button.firstChild.textContent;
    button.addEventListener("click", async () => {
        const text = document.getElementById(button.dataset.copy);
        await navigator.clipboard.writeText(text.dataset.raw ?? text.innerText);
        button.firstChild.textContent = told.dataset.word;
        told.textContent = "";
        requestAnimationFrame(() => { told.textContent = `${told.dataset.word}: ${text.innerText}`; });
        setTimeout(() => { button.firstChild.textContent = label; }, 3000);
    });
}
