// An input with a long list of choices becomes a box to type in: words narrow the
// list, which many boxes share. The input stays the truth; without this script it is
// used as it is, with the browser's own list.
"use strict";
(() => {
  const MOST = 150;
  let count = 0;
  const lists = new Map();

  // What can be chosen in a list, read once.
  function choices(name) {
    const list = document.getElementById(name);
    if (!list) return [];
    if (!lists.has(list)) {
      lists.set(list, [...list.options].map((option) => ({
        value: option.value, label: option.label, group: option.dataset.group || "",
        gives: option.dataset.gives || "", takes: option.dataset.takes || "",
        words: `${option.dataset.group} ${option.label} ${option.value}`.toLowerCase(),
      })));
    }
    return lists.get(list);
  }

  function chosen(input) {
    const name = input && input.dataset.list;
    return name ? choices(name).find((one) => one.value === input.value) : undefined;
  }

  // Whether a value and a field go together; what is not known fits. A record is of
  // an object (id:Case), which a look-up may limit; who may be of several fits each.
  function together(gives, takes) {
    if (!takes || !gives || gives === "any") return true;
    const taken = takes.split(" ");
    return gives.split(" ").every((kind) => {
      if (taken.includes(kind)) return true;
      const [head, object] = kind.split(":");
      return taken.includes(head) || (!object && taken.some((one) => one.startsWith(`${head}:`)));
    });
  }

  function text(name) {
    const editor = document.getElementById("editor-texts");
    return (editor && editor.dataset[name]) || "";
  }

  function kinds(names) {
    return names.split(" ").map((name) => {
      const [kind, object] = name.split(":");
      const words = text(`kind${kind[0].toUpperCase()}${kind.slice(1)}`) || kind;
      return object ? `${words} (${object})` : words;
    }).join(", ");
  }

  class Combobox {
    constructor(input) {
      this.truth = input;
      this.id = `tb-combo-${++count}`;
      this.build();
      this.show();
    }

    build() {
      const { truth } = this;
      truth.dataset.list = truth.getAttribute("list");
      this.box = document.createElement("div");
      this.box.className = "tb-combo";
      this.input = document.createElement("input");
      Object.entries({
        type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
        "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.id,
        placeholder: truth.placeholder,
      }).forEach(([name, value]) => this.input.setAttribute(name, value));
      const label = truth.labels && truth.labels[0];
      this.input.setAttribute("aria-label", truth.getAttribute("aria-label") || (label ? label.textContent : ""));
      this.input.disabled = truth.matches(":disabled");
      this.list = document.createElement("ul");
      this.list.id = this.id;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.input.getAttribute("aria-label"));
      this.list.hidden = true;
      truth.before(this.box);
      truth.removeAttribute("list");
      truth.type = "hidden";
      this.box.append(this.input, this.list, truth);
      if (label) { this.input.id = `${truth.id}-box`; label.htmlFor = this.input.id; }
      this.input.addEventListener("focus", () => this.input.select());
      this.input.addEventListener("click", () => this.open(""));
      this.input.addEventListener("input", () => this.open(this.input.value));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.leave());
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const item = event.target.closest("[role=option]");
        if (item) this.choose(item.dataset.value);
      });
    }

    show() {
      const option = chosen(this.truth);
      const unknown = this.truth.dataset.unknown || this.truth.value;
      this.input.value = option ? option.label.split(" · ")[0] : unknown;
      this.input.title = option ? option.label : unknown;
    }

    // What is emptied is meant to be empty; what is half typed is put back.
    leave() {
      if (!this.input.value.trim() && this.truth.value) this.choose("");
      else this.close();
    }

    // Why an option does not go with what is chosen beside it; "" when it does.
    misfit(option) {
      const partner = this.truth.form.elements[this.truth.dataset.partner];
      const other = chosen(partner);
      if (!other) return "";
      if (this.truth.dataset.side === "value") return together(option.gives, other.takes) ? "" : other.takes;
      return together(other.gives, option.takes) ? "" : other.gives;
    }

    open(typed) {
      const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
      const all = choices(this.truth.dataset.list).filter((option) => words.every((word) => option.words.includes(word)));
      const good = all.filter((option) => !this.misfit(option));
      const other = words.length ? all.filter((option) => this.misfit(option)) : [];
      this.list.replaceChildren();
      this.add(good.slice(0, MOST), null);
      if (other.length) {
        const side = this.truth.dataset.side === "value" ? "misfitValue" : "misfitField";
        this.add(other.slice(0, MOST), `${text(side)} ${kinds(this.misfit(other[0]))}`);
      }
      if (!all.length) this.note(text("none"));
      if (!words.length && good.length < all.length) this.note(text("hidden"));
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const items = this.items();
      const current = items.find((item) => item.dataset.value === this.truth.value);
      this.point(words.length ? items[0] : current || items[0]);
    }

    add(options, heading) {
      let group = null;
      if (heading && options.length) this.note(heading);
      for (const option of options) {
        if (!heading && option.group && option.group !== group) { this.note(option.group); group = option.group; }
        const item = document.createElement("li");
        item.id = `${this.id}-${this.list.children.length}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(option.value === this.truth.value));
        item.dataset.value = option.value;
        if (heading) item.className = "tb-misfit";
        const [name, ...rest] = option.label.split(" · ");
        item.append(name);
        const more = document.createElement("span");
        more.textContent = heading && option.gives ? kinds(option.gives) : rest.join(" · ");
        if (more.textContent) item.append(" ", more);
        this.list.append(item);
      }
    }

    note(words) {
      const item = document.createElement("li");
      item.setAttribute("role", "presentation");
      item.className = "tb-combo-note";
      item.textContent = words;
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
        if (items.length) this.point(items[(at + step + items.length) % items.length]);
      } else if (event.key === "Enter" && !this.list.hidden) {
        event.preventDefault();
        if (items[at]) this.choose(items[at].dataset.value);
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.preventDefault();
        this.close();
      }
    }

    choose(value) {
      const changed = this.truth.value !== value;
      this.truth.value = value;
      this.close();
      if (changed) this.truth.dispatchEvent(new Event("change", { bubbles: true }));
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
      this.show();
    }
  }

  window.tellbackComboboxes = (root) => {
    lists.clear();
    for (const input of root.querySelectorAll("input[data-combobox][list]")) new Combobox(input);
  };
})();
