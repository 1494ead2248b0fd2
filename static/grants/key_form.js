// Show only the inputs that a part of the chosen kind reads. Without this all are shown,
// and the server lets those of other kinds be.
(() => {
    const readBy = {
        top_slice: ["percent"],
        base: ["amount"],
        statistic: ["weight", "statistic_kind", "statistic_name"],
        fixed: ["fixed"],
    };
    const all = Object.values(readBy).flat();
    const parts = document.querySelector("[data-key-parts]");

    const dress = (row) => {
        const kind = row.querySelector("select[name$='-kind']");
        if (!kind) {
            return;
        }
        const statistic = row.querySelector("[name$='-statistic_kind']");
        const shown = new Set(readBy[kind.value] || []);
        if (statistic && statistic.value !== "other") {
            shown.delete("statistic_name");
        }
        for (const name of all) {
            const input = row.querySelector(`[name$='-${name}']`);
            const field = input && input.closest(".field");
            if (field) {
                field.hidden = !shown.has(name);
            }
        }
    };

    const dressAll = () => parts.querySelectorAll("[data-row-card]").forEach(dress);
    parts.addEventListener("change", (event) => {
        const row = event.target.closest("[data-row-card]");
        if (row) {
            dress(row);
        }
    });
    new MutationObserver(dressAll).observe(parts, { childList: true, subtree: true });
    dressAll();
})();
