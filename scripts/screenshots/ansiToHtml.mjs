// Turns what a terminal shows (`tmux capture-pane -e`) into HTML: text and the SGR codes that our screens use.

/** A dark palette, by the codes 30 to 37; 90 is its grey. */
const COLOURS = {
  30: "#1c2128",
  31: "#ff7b72",
  32: "#7ee787",
  33: "#e3b341",
  34: "#79c0ff",
  35: "#d2a8ff",
  36: "#56d4dd",
  37: "#c9d1d9",
  90: "#6e7681",
};

const PLAIN = { colour: undefined, bold: false, dim: false, inverse: false };

/** @param {string} screen lines with escape sequences @returns {string} spans within one <pre> */
export function ansiToHtml(screen) {
  let style = PLAIN;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const parts = screen.split(/\x1b\[([\d;]*)m/);
  const html = parts.map((part, index) => {
    if (index % 2 === 0) return part === "" ? "" : span(part, style);
    style = part.split(";").reduce(applyCode, style);
    return "";
  });
  return `<pre>${html.join("")}</pre>`;
}

function applyCode(style, code) {
  const number = Number(code);
  if (number === 0) return PLAIN;
  if (number === 1) return { ...style, bold: true };
  if (number === 2) return { ...style, dim: true };
  if (number === 7) return { ...style, inverse: true };
  if (number === 22) return { ...style, bold: false, dim: false };
  if (number === 27) return { ...style, inverse: false };
  if (number === 39) return { ...style, colour: undefined };
  return COLOURS[number] === undefined ? style : { ...style, colour: COLOURS[number] };
}

function span(text, { colour = COLOURS[37], bold, dim, inverse }) {
  const rules = [
    inverse ? `background:${colour};color:#0d1117` : `color:${colour}`,
    ...(bold ? ["font-weight:bold"] : []),
    ...(dim ? ["opacity:.6"] : []),
  ];
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<span style="${rules.join(";")}">${escaped}</span>`;
}
