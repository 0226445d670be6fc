// On a phone each row of a table is a card: its values say which column they are of.
for (const table of document.querySelectorAll("#result_list, .tabular table, .tb-cards, .latest")) {
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) =>
    head.querySelector(".visually-hidden") ? "" : (head.querySelector(".text") ?? head).textContent.trim(),
  );
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      if (row.cells.length !== names.length) continue;
      [...row.cells].forEach((cell, at) => {
        if (names[at] && cell.tagName === "TD") cell.dataset.column = names[at];
      });
    }
  }
}
