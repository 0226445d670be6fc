// A select with many options becomes a box to type in: words narrow the list.
// The select stays the truth; without this script it is used as it is.
"use strict";
(() => {
  const MOST = 200;
  let count = 0;

  // What the chosen field takes; "" when anything, or when nothing is chosen.
  function takes(select) {
    const field = select.dataset.fits && select.form.elements[select.dataset.fits];
    const option = field && field.selectedOptions && field.selectedOptions[0];
    return (option && option.dataset.takes) || "";
  }

  function fits(option, taken) {
    const gives = option.dataset.gives;
    return !taken || !gives || gives === "any" || taken.split(" ").includes(gives);
  }

  function matches(option, words) {
    const group = option.parentElement.label || "";
    const text = `${group} ${option.text} ${option.value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  class Combobox {
    constructor(select) {
      this.select = select;
      this.id = `tb-combo-${++count}`;
      this.build();
      this.show();
    }

    build() {
      const { select } = this;
      this.box = document.createElement("div");
      this.box.className = "tb-combo";
      this.input = document.createElement("input");
      Object.entries({
        type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
        "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.id,
        placeholder: select.options[0] ? select.options[0].text : "",
      }).forEach(([name, value]) => this.input.setAttribute(name, value));
      const label = select.labels && select.labels[0];
      this.input.setAttribute("aria-label", select.getAttribute("aria-label") || (label ? label.textContent : ""));
      if (select.getAttribute("aria-describedby")) this.input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
      this.input.disabled = select.disabled;
      this.list = document.createElement("ul");
      this.list.id = this.id;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.input.getAttribute("aria-label"));
      this.list.hidden = true;
      select.before(this.box);
      this.box.append(this.input, this.list, select);
      select.hidden = true;
      if (label) { this.input.id = `${select.id}-box`; label.htmlFor = this.input.id; }
      this.input.addEventListener("focus", () => this.input.select());
      this.input.addEventListener("click", () => this.open(""));
      this.input.addEventListener("input", () => this.open(this.input.value));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.close());
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const item = event.target.closest("[role=option]");
        if (item) this.choose(item.dataset.value);
      });
    }

    show() {
      const option = this.select.selectedOptions[0];
      this.input.value = option && option.value ? option.text : "";
      this.input.title = this.input.value;
    }

    open(typed) {
      const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
      const taken = takes(this.select);
      const all = [...this.select.options].filter((option) => option.value && matches(option, words));
      const good = all.filter((option) => fits(option, taken));
      const other = words.length ? all.filter((option) => !fits(option, taken)) : [];
      this.list.replaceChildren();
      this.add(good.slice(0, MOST), null);
      this.add(other.slice(0, MOST), this.text("misfit"));
      if (!all.length) this.note(this.text("none"));
      if (!words.length && good.length < all.length) this.note(this.text("hidden"));
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const items = this.items();
      const current = items.find((item) => item.dataset.value === this.select.value);
      this.point(words.length ? items[0] : current || items[0]);
    }

    text(name) {
      const editor = document.getElementById("editor-texts");
      return editor ? editor.dataset[name] : "";
    }

    add(options, heading) {
      let group = null;
      if (heading && options.length) this.note(heading);
      for (const option of options) {
        const label = option.parentElement.label || null;
        if (!heading && label && label !== group) { this.note(label); group = label; }
        const item = document.createElement("li");
        item.id = `${this.id}-${this.list.children.length}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(option.value === this.select.value));
        item.dataset.value = option.value;
        if (heading) item.className = "tb-misfit";
        const [name, ...rest] = option.text.split(" · ");
        item.append(name);
        if (rest.length) {
          const more = document.createElement("span");
          more.textContent = rest.join(" · ");
          item.append(" ", more);
        }
        this.list.append(item);
      }
    }

    note(text) {
      const item = document.createElement("li");
      item.setAttribute("role", "presentation");
      item.className = "tb-combo-note";
      item.textContent = text;
      this.list.append(item);
    }

    items() { return [...this.list.querySelectorAll("[role=option]")]; }

    point(item) {
      for (const other of this.items()) other.classList.toggle("tb-active", other === item);
      if (item) {
        this.input.setAttribute("aria-activedescendant", item.id);
        item.scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      const items = this.items();
      const at = items.findIndex((item) => item.classList.contains("tb-active"));
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden) { this.open(""); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.point(items[(at + step + items.length) % items.length]);
      } else if (event.key === "Enter" && !this.list.hidden) {
        event.preventDefault();
        if (items[at]) this.choose(items[at].dataset.value);
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.preventDefault();
        this.close();
      }
    }

    choose(value) {
      const changed = this.select.value !== value;
      this.select.value = value;
      this.close();
      if (changed) this.select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
      this.show();
    }
  }

  window.tellbackComboboxes = (root) => {
    for (const select of root.querySelectorAll("select[data-combobox]")) new Combobox(select);
  };

})();
