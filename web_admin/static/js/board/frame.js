// Above the board: figures, what is not published yet, exceptions, filters, who is troubled.

import { reveal } from "./gantt.js";
import { districtOf, find, on, select, state, tell, troubled } from "./store.js";
import { short } from "./bar.js";
import { el, icon, t, yuan } from "./words.js";

const one = (id) => document.querySelector(id);

function figures({ figures: found, unplanned, engineers }) {
  const rows = found
    ? [[engineers.filter((person) => !person.away).length, t("人")], [found.orders, t("单")], [(found.travel_s / 3600).toFixed(0), t("小时在路上")], [yuan(found.cost_fen), t("元")]]
    : [[engineers.filter((person) => !person.away).length, t("人上班")], [unplanned.length, t("单等着排")]];
  one("#figures").replaceChildren(...rows.map(([value, word]) => el("span", {}, el("b", {}, String(value)), ` ${word}`)));
}

function notes(data) {
  one("#empty-day").hidden = data.plan_id !== null || data.unplanned.length > 0;
  const note = state.proposal ? t("建议还没用上") : data.plan_id === null ? "" : data.differences ? t("工作稿和已发布的差 {n} 处", { n: data.differences }) : data.published ? t("和已发布的一样") : "";
  one("#draft-note").textContent = note;
  one("#undo").disabled = !data.undo;
  one("#redo").disabled = !data.redo;
  const publish = one("#publish");
  if (!publish) return;
  publish.disabled = data.plan_id === null || (data.published && !data.differences) || data.job !== null;
  publish.textContent = data.differences ? t("发布 {n} 处…", { n: data.differences }) : data.published ? t("已发布") : t("发布…");
  const plan = one("#plan");
  const first = data.plan_id === null;
  plan.disabled = data.job !== null || (first && !data.unplanned.length);
  plan.classList.toggle("primary", first && data.unplanned.length > 0);
  publish.classList.toggle("primary", !first && !publish.disabled && !state.proposal);
}

const cures = {
  visit: (id) => { select(id); reveal(id); },
  unplanned: (id) => { select(id); document.querySelector(`#unplanned [data-order="${id}"]`)?.focus(); },
  urgent: (id) => tell("urgent", id),
  risk: (ids) => { Object.assign(state, { only: ids, chip: "" }); chips(state.data); tell("filter"); },
  over: (ids) => tell("over", ids),
  calls: () => tell("calls"),
  repair: () => tell("propose"),
  open: (href) => location.assign(href),
};

function exceptions({ exceptions: rows }) {
  const strip = one("#exceptions");
  strip.hidden = rows.length === 0;
  strip.replaceChildren(...rows.map((row) => el("button", { class: `exception ${row.tone}`, onclick: () => cures[row.act](row.target) }, icon(row.icon), row.text)));
}

function chips({ engineers }) {
  const counts = {};
  for (const engineer of engineers) {
    const district = districtOf(engineer);
    if (district) counts[district] = (counts[district] ?? 0) + 1;
  }
  const bad = engineers.filter(troubled).length;
  const names = Object.keys(counts).sort((a, b) => counts[b] - counts[a]).slice(0, 5);
  const rows = [["", t("{n} 人", { n: engineers.length })], ...names.map((name) => [name, `${short(name)} ${counts[name]}`]), ...(bad ? [["!", t("有问题 {n}", { n: bad })]] : [])];
  one("#chips").replaceChildren(...rows.map(([value, text]) => el("button", {
    class: "chip", "aria-pressed": String(!state.only && state.chip === value),
    onclick: () => {
      Object.assign(state, { chip: value, only: null });
      chips(state.data);
      tell("filter");
    },
  }, text)), ...(state.only ? [el("span", { class: "chip", "aria-pressed": "true" }, t("只看可能迟到的"))] : []));
}

on("numbers", () => notes(state.data));
on("day", (data) => {
  figures(data);
  notes(data);
  exceptions(data);
  chips(data);
  if (state.selected && !find(state.selected)) select(null);
});
