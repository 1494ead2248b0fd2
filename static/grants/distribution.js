// Tells of changes that are not saved. Everything else in the page works without this.

const workspace = () => document.getElementById("workspace");
let unsaved = workspace()?.dataset.unsaved === "yes";

function tell(event) {
    if (!event.target.closest("#workspace") || event.target.name === "compare") return;
    unsaved = true;
    workspace().querySelector(".workspace__unsaved").hidden = false;
}

function markMistakes() {
    const wrong = new Set(
        [...document.querySelectorAll("#workspace [data-for]")].map((p) => p.dataset.for),
    );
    for (const input of document.querySelectorAll("#workspace .part .ds-input")) {
        if (wrong.has(input.id)) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
    }
}

// The amounts follow what is typed, so the button has nothing to do.
function hideButton() {
    for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;
}

document.addEventListener("input", tell);
document.addEventListener("submit", () => { unsaved = false; });
document.addEventListener("htmx:afterSettle", () => {
    markMistakes();
    hideButton();
    if (workspace()?.dataset.unsaved === "yes") unsaved = true;
});
window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
});
hideButton();
