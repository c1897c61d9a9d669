"use strict";
// Everything shown is set as text, never as markup: what callers claim to be comes from the network.

const EVERY_MS = 5000;
const OUTCOMES = { live: "进行中", answered: "已接听", abandoned: "未接通，待回拨", message: "留言", callback: "要求回电",
  emergency: "转接紧急服务", refused: "未受理", lost: "中断" };
const KINDS = { matter: "接听", emergency_transfer: "紧急转接", message: "留言", callback: "回电" };
const STATUSES = { awaiting_review: "待审核" };
const TRACKS = { citizen: "来电人", agent: "话务员", emergency: "紧急服务", message: "留言" };
const STATES = { empty: "没有声音", missing: "文件缺失，请联系运维" };

const at = (id) => document.getElementById(id);
const known = new Map(); // address → { tag, body }: what has not changed is not sent again, and not audited again
let token = sessionStorage.getItem("token") || "";
let signedIn = false; // by the cookie of a session, see signin.js
let open = "";
let timer = 0;
let sounds = [];
const drawn = {};

class Refused extends Error {}

function bearer() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function ask(address) {
  const headers = bearer();
  const before = known.get(address);
  if (before) headers["If-None-Match"] = before.tag;
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (answer.status === 304) return before.body;
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Refused(`${body.title}。${body.detail}`), { status: answer.status });
  if (answer.headers.has("ETag")) known.set(address, { tag: answer.headers.get("ETag"), body });
  return body;
}

// What somebody's role does not show them is left out; all else that fails is told.
async function allowed(address) {
  try { return await ask(address); } catch (error) {
    if (error.status === 403) return null;
    throw error;
  }
}

function node(name, text, more = {}) {
  return Object.assign(document.createElement(name), { textContent: text ?? "" }, more);
}

function row(cells) {
  const line = document.createElement("tr");
  line.append(...cells.map((cell) => (cell instanceof Node ? cell : node("td", cell))));
  return line;
}

function when(text) {
  return text ? text.slice(0, 19).replace("T", " ") : "";
}

function seconds(value) {
  return value === null ? "" : `${value.toFixed(1)} 秒`;
}

function callRow(call) {
  const missed = call.outcome === "abandoned" || call.outcome === "lost";
  const outcome = node("td", OUTCOMES[call.outcome] || call.outcome, { className: missed ? "alert" : "" });
  const look = node("button", "详情", { type: "button" });
  look.addEventListener("click", () => show(call.id).then(() => at("detail").scrollIntoView({ block: "nearest" }), trouble));
  const last = document.createElement("td");
  last.append(look);
  return row([when(call.rang_at), call.number || "（未知）", outcome, seconds(call.wait_seconds), call.seat, last]);
}

function ticketRow(ticket) {
  return row([ticket.number, when(ticket.opened_at), ticket.caller_number || "（未知）",
    KINDS[ticket.kind] || ticket.kind, STATUSES[ticket.status] || ticket.status]);
}

async function sound(recording) {
  const box = document.createElement("dd");
  if (recording.state !== "closed") {
    box.textContent = STATES[recording.state] || recording.state;
    return box;
  }
  const play = node("button", `听录音（${recording.seconds.toFixed(1)} 秒）`, { type: "button" });
  play.addEventListener("click", async () => {
    try {
      // An audio element cannot send the token, so the file is fetched and handed over as a blob.
      const answer = await fetch(recording.audio, { headers: bearer(), cache: "no-store" });
      if (!answer.ok) throw new Refused((await answer.json()).detail);
      const address = URL.createObjectURL(await answer.blob());
      sounds.push(address);
      play.replaceWith(Object.assign(document.createElement("audio"), { controls: true, autoplay: true, src: address }));
    } catch (error) { trouble(error); }
  });
  box.append(play);
  return box;
}

async function show(id) {
  const call = await ask(`/api/v1/calls/${encodeURIComponent(id)}`);
  if (drawn.call === call) return;
  drawn.call = call;
  open = id;
  sounds.forEach((address) => URL.revokeObjectURL(address));
  sounds = [];
  const list = document.createElement("dl");
  const facts = { 编号: call.id, 号码: call.number || "（未知）", 线路: call.trunk, 来电: when(call.rang_at),
    接听: when(call.answered_at), 结束: when(call.ended_at), 结果: OUTCOMES[call.outcome] || call.outcome,
    识别: call.reason, 工单: call.tickets.join("、") || "（无）" };
  for (const [name, value] of Object.entries(facts)) list.append(node("dt", name), node("dd", value));
  for (const recording of call.recordings) {
    list.append(node("dt", [TRACKS[recording.track] || recording.track, recording.who.replace("caller", "")].join(" ")), await sound(recording));
  }
  if (!call.recordings.length) list.append(node("dt", "录音"), node("dd", "通话结束后几秒内出现"));
  at("detail-body").replaceChildren(list);
  at("detail").hidden = false;
}

function figures(day) {
  const share = day.connected_share === null ? "—" : `${(day.connected_share * 100).toFixed(1)}%`;
  const refused = Object.values(day.refused).reduce((sum, count) => sum + count, 0);
  at("figures").textContent = `今日 ${day.offered} 通，接通率 ${share}，及时接听 ${day.within_goal} 通，未受理 ${refused} 通`;
}

function trouble(error) {
  at("trouble").textContent = error instanceof Refused ? error.message : "连不上服务，稍后自动重试。";
  at("trouble").hidden = false;
  if (error.status === 401) leave();
}

function leave() {
  token = "";
  signedIn = false;
  sessionStorage.removeItem("token");
  known.clear();
  open = "";
  at("detail").hidden = true;
  at("lists").hidden = true;
  at("door").hidden = false;
  at("sign-in").hidden = false;
  at("enter").hidden = false;
  at("code-form").hidden = true;
  at("change").hidden = true;
  at("me").hidden = true;
  clearTimeout(timer);
}

async function refresh() {
  clearTimeout(timer);
  timer = setTimeout(refresh, EVERY_MS);
  if (document.hidden) return;
  try {
    const outcome = at("outcome").value;
    const [calls, tickets, day] = await Promise.all([`/api/v1/calls?limit=30${outcome && `&outcome=${outcome}`}`,
      "/api/v1/tickets?limit=30", "/api/v1/figures"].map(allowed));
    at("calls-part").hidden = !calls;
    at("tickets-part").hidden = !tickets;
    // Rows are drawn anew only when they changed, so that the button under somebody's finger stays.
    if (calls && drawn.calls !== calls) at("calls").replaceChildren(...calls.calls.map(callRow));
    if (tickets && drawn.tickets !== tickets) at("tickets").replaceChildren(...tickets.tickets.map(ticketRow));
    Object.assign(drawn, { calls, tickets });
    at("no-calls").hidden = !calls || calls.calls.length > 0;
    at("no-tickets").hidden = !tickets || tickets.tickets.length > 0;
    if (day) figures(day);
    // Recordings appear when the call is over; what somebody listens to is left alone.
    if (open && !at("detail").querySelector("audio")) await show(open);
    at("door").hidden = true;
    at("lists").hidden = false;
    at("trouble").hidden = true;
    if (token) sessionStorage.setItem("token", token);
  } catch (error) { trouble(error); }
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
  refresh();
});
at("outcome").addEventListener("change", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden && (token || signedIn)) refresh(); });
if (token) refresh();
