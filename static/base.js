// Comfort on top of pages that work without: menus that close, errors in focus, rows added in place.

function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        if (menu !== except) menu.open = false;
    }
}

document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
});

document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details[data-menu][open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
});

document.querySelector("[data-focus]")?.focus();

// On a phone rows are shown as blocks, and browsers then forget that they are a table.
const ROLES = {
    table: "table",
    thead: "rowgroup",
    tbody: "rowgroup",
    tfoot: "rowgroup",
    tr: "row",
    td: "cell",
    "th[scope=col]": "columnheader",
    "th[scope=row]": "rowheader",
};

function keepTables() {
    for (const table of document.querySelectorAll("table.table:not([role])")) {
        for (const [selector, role] of Object.entries(ROLES)) {
            const parts = selector === "table" ? [table] : table.querySelectorAll(selector);
            for (const part of parts) part.setAttribute("role", role);
        }
    }
}

keepTables();
document.addEventListener("htmx:afterSwap", keepTables);

document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (!button) return;
    const rows = button.closest("[data-rows]");
    const total = rows.querySelector(`[name="${rows.dataset.rows}-TOTAL_FORMS"]`);
    const limit = rows.querySelector(`[name="${rows.dataset.rows}-MAX_NUM_FORMS"]`);
    const number = Number(total.value);
    if (number >= Number(limit.value)) return;
    event.preventDefault();
    const template = rows.querySelector("template[data-row]");
    const holder = document.createElement("template");
    holder.innerHTML = template.innerHTML
        .replaceAll("__prefix__", number)
        .replaceAll("__number__", number + 1);
    const row = holder.content.firstElementChild;
    template.before(row);
    total.value = number + 1;
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});
