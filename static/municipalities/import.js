// Lets a file be dropped on the form. Without it, the file input does the same.
"use strict";

for (const area of document.querySelectorAll("[data-drop]")) {
    const input = area.querySelector("input[type=file]");
    area.querySelector("[data-drop-hint]").hidden = false;

    for (const name of ["dragenter", "dragover"]) {
        area.addEventListener(name, (event) => {
            event.preventDefault();
            area.classList.add("drop--over");
        });
    }
    area.addEventListener("dragleave", (event) => {
        if (!area.contains(event.relatedTarget)) area.classList.remove("drop--over");
    });
    area.addEventListener("drop", (event) => {
        event.preventDefault();
        area.classList.remove("drop--over");
        if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
}
