/* Pages, questions and choices are put in order by dragging. The arrows of the outline,
   and the numbers of choices, do the same by keyboard and without this. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  let dragged = null;

  const handle = (text) => {
    const made = document.createElement("span");
    made.className = "drag-handle";
    made.title = text;
    made.setAttribute("aria-hidden", "true");
    made.textContent = "⠿";
    return made;
  };

  /* Only what is taken by its handle is dragged: text stays selectable. */
  const draggable = (row, grip) => {
    grip.addEventListener("pointerdown", () => { row.draggable = true; });
    grip.addEventListener("pointerup", () => { row.draggable = false; });
    row.addEventListener("dragstart", (event) => {
      if (!row.draggable || dragged) return;
      dragged = row;
      row.classList.add("dragging");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.stopPropagation();
    });
    row.addEventListener("dragend", () => {
      row.draggable = false;
      row.classList.remove("dragging");
      dragged = null;
    });
  };

  /* Where in the list the pointer is: before the first row whose middle is below it. */
  const follow = (list, rowsOf, event) => {
    const rows = rowsOf().filter((row) => row !== dragged);
    const next = rows.find((row) => {
      const box = row.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    if (next) list.insertBefore(dragged, next);
    else if (rows.length) rows[rows.length - 1].after(dragged);
    else list.append(dragged);
  };

  const droppable = (list, rowsOf, takes, dropped) => {
    list.addEventListener("dragover", (event) => {
      if (!dragged || !takes(dragged)) return;
      event.preventDefault();
      event.stopPropagation();
      follow(list, rowsOf, event);
    });
    list.addEventListener("drop", (event) => {
      if (!dragged || !takes(dragged)) return;
      event.preventDefault();
      event.stopPropagation();
      dropped(dragged);
    });
  };

  const outline = document.querySelector("form[data-place]");
  if (outline) {
    const send = (text) => {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "place";
      field.value = text;
      outline.append(field);
      outline.action = outline.dataset.place;
      outline.submit();
    };
    const pages = outline.querySelector(".outline-pages");
    const pageRows = () => [...pages.querySelectorAll(":scope > [data-page]")];
    droppable(pages, pageRows, (row) => "page" in row.dataset, (row) => {
      send(`page:${row.dataset.page}:${pageRows().indexOf(row)}`);
    });
    pageRows().forEach((page) => {
      const grip = handle(outline.dataset.handle);
      page.querySelector(".outline-page-line").prepend(grip);
      draggable(page, grip);
      const list = page.querySelector(".outline-questions");
      const rows = () => [...list.querySelectorAll(":scope > [data-question]")];
      rows().forEach((row) => {
        const grip = handle(outline.dataset.handle);
        row.prepend(grip);
        draggable(row, grip);
      });
      droppable(list, rows, (row) => "question" in row.dataset, (row) => {
        const place = rows().indexOf(row);
        send(`question:${row.dataset.question}:${page.dataset.page}:${place}`);
      });
    });
  }

  const choices = document.querySelector("#choices-group tbody");
  if (choices) {
    const rows = () => [...choices.querySelectorAll("tr.form-row:not(.empty-form)")];
    const number = () => rows().forEach((row, place) => {
      const field = row.querySelector("input[name$='-position']");
      const said = [...row.querySelectorAll("input[type='text']")].some((one) => one.value);
      if (field && said) field.value = String(place);
    });
    const grasp = (row) => {
      const cell = row.querySelector("td.original");
      if (!cell || row.querySelector(".drag-handle")) return;
      const grip = handle("");
      cell.append(grip);
      draggable(row, grip);
    };
    rows().forEach(grasp);
    document.addEventListener("formset:added", () => rows().forEach(grasp));
    droppable(choices, rows, (row) => row.parentNode === choices, number);
  }
});
