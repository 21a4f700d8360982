// The card while it is being written: kept on the phone at each touch, prefilled with what is known.
import * as day from "./day.js";
import * as store from "./store.js";

const MOST_PREFILLED_LINES = 30;
const name = (visit) => `card.${visit.id}`;

export function open(visit) {
  const kept = store.mine(name(visit));
  const returned = visit.card?.status === "returned" ? visit.card : null;
  if (kept && (!returned || kept.answers === returned.submitted_at)) return kept;
  const draft = returned ? { uuid: returned.uuid, data: plain(returned.data), answers: returned.submitted_at, signed: returned.signed || Boolean(returned.data.sign_code) } : { uuid: store.uuid(), data: known(visit), answers: null };
  return { step: 0, signature: null, ...draft };
}
export const peek = (visit) => store.mine(name(visit))?.data || visit.card?.data || null;
export function save(visit, draft) {
  draft.saved_at = store.now().toISOString();
  return store.keep(name(visit), draft);
}
// A draft whose card is in need not stay; one whose visit the phone does not know may still be wanted for a month.
const MONTH_MS = 30 * 86400e3;
export function tidy() {
  for (const name of store.names("card.")) {
    const visit = day.find(Number(name.slice(5)));
    const old = Date.parse(store.mine(name).saved_at || 0) < Date.now() - MONTH_MS;
    if (visit ? ["submitted", "passed"].includes(visit.card?.status) : old) store.keep(name, null);
  }
}
export const startedAt = (visit) => store.mine(name(visit))?.saved_at || null;

// Flags come back as true and false; the form speaks of yes and no.
function plain(data) {
  const yesNo = (value) => (value === true ? "yes" : value === false ? "no" : value);
  return Object.fromEntries(Object.entries(data).map(([code, value]) => [code, yesNo(value)]));
}

function known(visit) {
  const { order, profile } = visit;
  const before = Array.isArray(profile.lines) ? profile.lines.filter((line) => typeof line === "object") : [];
  const count = Math.min(order.line_count || profile.line_count || 1, MOST_PREFILLED_LINES);
  const lines = before.length
    ? before.map((line) => ({ number: line.number, reversal: line.reversal }))
    : Array.from({ length: count }, (_, index) => ({ number: String(index + 1) }));
  const data = {
    access_mode: order.access_mode || profile.access_mode,
    device_model: order.device_model || profile.device_model,
    device_serial: visit.serials[0] || profile.device_serial,
    conditions: profile.conditions,
    trained_whom: order.contact_name,
    signed_by: order.contact_name,
    lines,
  };
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}
