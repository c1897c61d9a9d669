"use strict";
// Renders /api/v1/openapi.json. Everything is set as text, never as markup.

const at = (id) => document.getElementById(id);
const METHODS = ["get", "post", "put", "delete"];
const TYPES = { string: "文字", integer: "整数", number: "数", boolean: "是否", array: "数组", object: "对象", null: "null" };

function node(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function named(made, id) {
  made.id = id;
  return made;
}

function classed(made, name) {
  made.className = name;
  return made;
}

function link(text, address) {
  return Object.assign(node("a", text), { href: address });
}

// What a schema wants, as inline nodes; what has a name is a link to its own section.
function kind(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [link(name, `#schema-${name}`)];
  }
  const several = schema.anyOf || schema.oneOf || schema.allOf;
  if (several) return several.flatMap((one, n) => (n ? [schema.allOf ? " 且 " : " 或 ", ...kind(one)] : kind(one)));
  if (schema.const !== undefined) return [node("code", JSON.stringify(schema.const))];
  if (schema.enum) return schema.enum.flatMap((one, n) => (n ? ["、", node("code", one)] : [node("code", one)]));
  if (schema.type === "array") return ["数组，每项：", ...kind(schema.items || schema.prefixItems?.[0] || {})];
  if (schema.additionalProperties?.type) return ["对象，值为", ...kind(schema.additionalProperties)];
  const limits = [];
  if (schema.format) limits.push(schema.format);
  if (schema.minimum !== undefined) limits.push(`≥ ${schema.minimum}`);
  if (schema.maximum !== undefined) limits.push(`≤ ${schema.maximum}`);
  if (schema.minLength !== undefined) limits.push(`至少 ${schema.minLength} 字`);
  if (schema.maxLength !== undefined) limits.push(`至多 ${schema.maxLength} 字`);
  if (schema.default !== undefined && schema.default !== "") limits.push(`默认 ${JSON.stringify(schema.default)}`);
  if (schema.examples) limits.push(`例 ${schema.examples.join("、")}`);
  return [(TYPES[schema.type] || "任意") + (limits.length ? `（${limits.join("，")}）` : "")];
}

function table(heads, rows) {
  const head = node("tr", "", ...heads.map((text) => Object.assign(node("th", text), { scope: "col" })));
  const lines = rows.map((cells) => node("tr", "", ...cells.map((cell) => node("td", "", ...[cell].flat()))));
  return node("table", "", node("thead", "", head), node("tbody", "", ...lines));
}

function fields(schema) {
  const required = new Set(schema.required || []);
  return table(["字段", "必填", "取值", "说明"], Object.entries(schema.properties || {}).map(([name, field]) => [
    node("code", name), required.has(name) ? classed(node("span", "必填"), "required") : "", kind(field), field.description || "",
  ]));
}

function parameters(list) {
  const places = { path: "地址", query: "查询", header: "请求头" };
  return table(["参数", "位置", "必填", "取值", "说明"], list.map((one) => [
    node("code", one.name), places[one.in], one.required ? classed(node("span", "必填"), "required") : "",
    kind(one.schema), one.description || "",
  ]));
}

function content(one) {
  return Object.entries(one?.content || {}).flatMap(([media, { schema }]) => [
    node("code", media), " ", ...(schema && Object.keys(schema).length ? kind(schema) : []),
  ]);
}

function operation(method, path, one) {
  const title = node("summary", "", classed(node("span", method.toUpperCase()), "method"), node("code", path), ` ${one.summary}`);
  const scope = one.security.length ? `所需权限：${one.security[0].token.join("、")}` : "无需令牌";
  const body = [classed(node("p", `${scope}；操作名 ${one.operationId}`), "hint")];
  if (one.parameters) body.push(node("h3", "参数"), parameters(one.parameters));
  if (one.requestBody) body.push(node("h3", "请求内容"), node("p", "", ...content(one.requestBody)));
  body.push(node("h3", "回答"), table(["状态码", "含义", "内容"],
    Object.entries(one.responses).map(([status, answer]) => [node("code", status), answer.description, content(answer)])));
  return named(node("details", "", title, ...body), one.operationId);
}

function schema(name, one) {
  const title = node("summary", "", node("code", name), one.description ? ` ${one.description.split("\n")[0]}` : "");
  const body = one.properties ? fields(one) : node("p", "", ...kind(one));
  return named(node("details", "", title, body), `schema-${name}`);
}

function reveal() {
  const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

function draw(api) {
  for (const tag of api.tags) {
    const list = document.createElement("ul");
    const section = node("section", "", node("h2", tag.name), classed(node("p", tag.description), "hint"));
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const method of METHODS) {
        const one = methods[method];
        if (!one || one.tags[0] !== tag.name) continue;
        section.append(operation(method, path, one));
        list.append(node("li", "", link(one.summary, `#${one.operationId}`)));
      }
    }
    at("contents").append(node("h3", tag.name), list);
    at("operations").append(section);
  }
  at("schemas").append(...Object.entries(api.components.schemas).map(([name, one]) => schema(name, one)));
  window.addEventListener("hashchange", reveal);
  reveal();
}

fetch("/api/v1/openapi.json").then((answer) => answer.json()).then(draw).catch(() => {
  at("trouble").textContent = "读不到接口文档，请稍后刷新；持续出现请联系值班运维。";
  at("trouble").hidden = false;
});
