"use strict";
// Signing in: password, code, a new password, a second factor to be bound, in whatever order the service asks for.
// The session itself is in a cookie that no script can read; what is kept here goes into a header of every change.

let csrf = "";
let binding = false;

async function tell(method, address, body) {
  const headers = { "Content-Type": "application/json", "X-Csrf-Token": csrf };
  const answer = await fetch(address, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Refused(`${told.title}。${told.detail}`), { refused: true });
  return told;
}

async function go(session) {
  csrf = session.csrf;
  at("trouble").hidden = true;
  at("door").hidden = session.stage === "open";
  at("sign-in").hidden = true;
  at("enter").hidden = true;
  at("code-form").hidden = session.stage !== "code" && session.stage !== "enrol";
  at("change").hidden = session.stage !== "change_password";
  at("who").textContent = `${session.name}（${session.unit}）`;
  at("me").hidden = false;
  binding = session.stage === "enrol";
  at("enrolment").hidden = !binding;
  if (binding) at("secret").textContent = (await tell("POST", "/api/v1/session/second-factor")).secret;
  if (session.stage === "open") {
    signedIn = true;
    refresh();
  }
}

function door() {
  csrf = "";
  binding = false;
  at("notice").hidden = true;
  leave();
}

function submitting(form, deed) {
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = [...event.target.querySelectorAll("input")].map((input) => [input.id, input.value]);
    for (const input of event.target.querySelectorAll("input[type=password], #code")) input.value = "";
    try { await deed(Object.fromEntries(values)); } catch (error) { trouble(error); }
  });
}

submitting("sign-in", async ({ login, password }) => go(await tell("POST", "/api/v1/session", { login, password })));
submitting("code-form", async ({ code }) => {
  const plain = code.trim();
  if (!binding) return go(await tell("POST", "/api/v1/session/code", { code: plain }));
  const bound = await tell("POST", "/api/v1/session/second-factor/confirm", { code: plain });
  at("notice").textContent = `动态口令已绑定。备用码，手机丢失时用，每个只能用一次，请抄下保存：${bound.recovery.join("　")}`;
  at("notice").hidden = false;
  return go(bound);
});
submitting("change", async (told) =>
  go(await tell("POST", "/api/v1/session/password", { old: told.old, new: told.new })));
at("sign-out").addEventListener("click", async () => {
  try { if (csrf) await tell("DELETE", "/api/v1/session"); } catch (error) { trouble(error); }
  door();
});

async function begin() {
  if (token) return;
  try {
    const answer = await fetch("/api/v1/session", { cache: "no-store" });
    if (answer.ok) await go(await answer.json()); else door();
  } catch (error) {
    door();
    trouble(error);
  }
}
begin();
