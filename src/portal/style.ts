/** The look of the portal: the reader's own fonts, his light or dark, and one column that fits a phone. */
export const PORTAL_STYLE = `:root {
  color-scheme: light dark;
  --text: #1c1f23; --soft: #57606b; --back: #f4f5f7; --panel: #ffffff; --line: #d9dde3;
  --link: #0b57d0; --on: #ffffff; --field: #ffffff; --edge: #7d8794; --code: #eef3fd;
  --warn: #fff6e0; --warn-line: #e3b341; --bad: #b3261e; --on-bad: #ffffff; --good: #1a7f37; --done: #e9f6ec;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e7eb; --soft: #a3adb9; --back: #101317; --panel: #181c21; --line: #2f363f;
    --link: #8ab4f8; --on: #0d1b33; --field: #101317; --edge: #77818e; --code: #1c2636;
    --warn: #2b2411; --warn-line: #8f6f1c; --bad: #ff8f86; --on-bad: #2b0b08; --good: #6fdd8b; --done: #13261a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center;
  font: 1rem/1.55 system-ui, sans-serif; color: var(--text); background: var(--back);
}
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; padding: .25rem .5rem; background: var(--panel); z-index: 1; }
header, main, footer, .tabs { width: min(64rem, 100% - 1.5rem); }
.narrow main, .narrow footer { width: min(34rem, 100% - 1.5rem); }
.form main > * { max-width: 40rem; }
header {
  display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; justify-content: space-between;
  padding: clamp(1rem, 3vh, 2rem) .25rem .75rem;
}
.brand {
  display: flex; align-items: center; gap: .5rem; margin: 0; font-weight: 650; font-size: 1.05rem;
  color: inherit; text-decoration: none;
}
/* As high as the highest of them, before that has come: what is drawn in between does not move. */
.brand, .who { min-height: 2.75rem; }
.brand svg { width: 1.4rem; height: 1.4rem; color: var(--link); flex: none; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: 0; padding: 0 .25rem; list-style: none; }
nav li { margin: 0; }
nav a { display: inline-block; padding: .55rem 0; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; }
nav a:hover { color: var(--text); }
nav a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--link); }
.tabs { margin-bottom: .75rem; }
.whose {
  width: min(64rem, 100% - 1.5rem); margin: 0 0 .25rem; padding: .4rem .75rem; font-size: .925rem;
  background: var(--warn); border: 1px solid var(--warn-line); border-radius: .5rem;
}
.whose code { color: inherit; }
.ranges ul { gap: .25rem; }
.ranges a { padding: .2rem .6rem; border: 1px solid transparent; border-radius: .4rem; font-size: .925rem; }
.ranges a[aria-current] { border-color: var(--edge); }
.who { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; font-size: .875rem; color: var(--soft); }
.who bdi { overflow-wrap: anywhere; }
main {
  padding: clamp(1.15rem, 4vw, 2rem);
  background: var(--panel); border: 1px solid var(--line); border-radius: .75rem;
}
main:focus { outline: none; }
footer { padding: 1rem .25rem 2.5rem; color: var(--soft); font-size: .875rem; }
footer p { margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .5rem; letter-spacing: -.01em; text-wrap: pretty; overflow-wrap: anywhere; }
h2 { font-size: 1rem; line-height: 1.4; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: break-word; }
main > :last-child { margin-bottom: 0; }
.soft, small { color: var(--soft); }
small { display: block; font-size: .875rem; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.heading { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; justify-content: space-between; margin-bottom: .75rem; }
.heading h1, .heading h2 { margin: 0; }
section > .heading { margin: 2rem 0 0; }
.heading .button { width: auto; flex: none; }

label, legend { font-weight: 600; }
.field { margin: 1.25rem 0; }
.field > label { display: block; margin-bottom: .35rem; }
input, select, textarea {
  font: inherit; color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: .5rem;
  min-height: 2.75rem; padding: .5rem .7rem; max-width: 100%;
}
.field > input, textarea { width: 100%; }
.filter input { font-weight: 400; }
::placeholder { color: var(--soft); opacity: 1; }
textarea { font-family: var(--mono); font-size: .925rem; }
[type=checkbox], [type=radio] { min-height: 0; width: 1.15rem; height: 1.15rem; margin: .2rem 0 0; padding: 0; flex: none; accent-color: var(--link); }
[aria-invalid] { border-color: var(--bad); }
fieldset { margin: 1.5rem 0; padding: 0; border: 0; min-width: 0; }
legend { padding: 0; }
.choice { display: flex; gap: .6rem; align-items: flex-start; padding: .5rem 0; font-weight: 400; }
.choice label { font-weight: 400; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: 0 1.5rem; }
div.choice { flex-wrap: wrap; }
.group { margin: .5rem 0 0; font-weight: 600; font-size: .925rem; color: var(--soft); }
.scopes { border: 1px solid var(--line); border-radius: .5rem; padding: .25rem .9rem; margin: .5rem 0; }
.inline input { width: 7rem; }
.inline label { font-weight: 400; }
details:not(.chart-numbers) { margin: 1.5rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: .6rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .35rem 0; }
.hint { font-size: .875rem; color: var(--soft); margin: .4rem 0 0; font-weight: 400; }
.error { color: var(--bad); font-weight: 600; margin: .4rem 0 0; }
.panel { border: 1px solid currentColor; border-radius: .5rem; padding: .7rem .9rem; margin: 1rem 0; }
section.panel { border-color: var(--warn-line); background: var(--warn); }
section.panel h2 { margin-top: 0; }
.note { margin: 1.25rem 0; padding: .7rem .9rem; border-left: 4px solid var(--warn-line); background: var(--warn); border-radius: .25rem; font-size: .925rem; }
.done { margin: 1rem 0; padding: .7rem .9rem; border-left: 4px solid var(--good); background: var(--done); border-radius: .25rem; }
ul, ol { margin: .25rem 0 .75rem; padding-left: 1.25rem; }
li { margin: .15rem 0; overflow-wrap: anywhere; }
code { font-family: var(--mono); font-size: .85em; color: var(--soft); overflow-wrap: anywhere; }
pre { margin: 1rem 0; padding: .8rem .9rem; overflow-x: auto; background: var(--code); border-radius: .5rem; }
pre code { color: var(--text); overflow-wrap: normal; }
dl { margin: 1.25rem 0; font-size: .925rem; border-top: 1px solid var(--line); }
dl div { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
dt { flex: 0 1 8.5rem; color: var(--soft); }
dd { flex: 1 1 12rem; min-width: 0; margin: 0; overflow-wrap: anywhere; }
dd ul { padding: 0; margin: 0; list-style: none; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; }
.buttons > form { flex: 1 1 14rem; }
button, .button {
  flex: 1; display: block; width: 100%; min-height: 2.75rem; padding: .6rem 1rem; text-align: center; cursor: pointer;
  font: 600 1rem/1.4 system-ui, sans-serif; text-decoration: none; border-radius: .5rem;
  color: var(--on); background: var(--link); border: 1px solid var(--link);
}
button:hover, .button:hover { filter: brightness(1.08); }
.quiet { color: var(--text); background: transparent; border-color: var(--edge); }
button.bad { background: var(--bad); border-color: var(--bad); color: var(--on-bad); }
.quiet.bad { color: var(--bad); border-color: var(--bad); }
.deeds { display: flex; flex-wrap: wrap; gap: .5rem; }
.sign-out button {
  width: auto; min-height: 0; margin: 0; padding: .35rem 0; font: inherit; color: var(--link);
  background: none; border: 0; text-decoration: underline; text-underline-offset: .15em;
}
.mark { width: 3rem; height: 3rem; margin-bottom: .75rem; color: var(--good); }
.mark.no { color: var(--soft); }

#code {
  width: 100%; padding: .7rem .25rem; text-align: center; text-transform: uppercase;
  font: 600 clamp(1.5rem, 8vw, 2rem)/1.2 var(--mono); letter-spacing: .12em;
}
.code {
  margin: 1rem 0 .25rem; padding: .9rem .25rem; text-align: center; border-radius: .5rem; background: var(--code);
  font: 700 clamp(1.2rem, 9vw, 2.4rem)/1.2 var(--mono); letter-spacing: .1em; white-space: nowrap;
}

.badge {
  display: inline-block; vertical-align: middle; padding: .05rem .5rem; border: 1px solid currentColor; border-radius: 1rem;
  font-size: .8rem; font-weight: 600; line-height: 1.4; letter-spacing: 0; color: var(--soft);
}
.badge.active { color: var(--good); }
.badge.rotating, .badge.expiring { color: var(--text); background: var(--warn); border-color: var(--warn-line); }
.badge.revoked { color: var(--bad); }
.filter { display: flex; flex-wrap: wrap; gap: .75rem; align-items: flex-end; margin: 1rem 0; font-size: .925rem; }
.filter label { display: block; font-weight: 600; }
.filter .grow { flex: 1 1 14rem; }
.filter .grow input { display: block; width: 100%; }
.filter > div { max-width: 100%; }
.filter select { display: block; max-width: min(18rem, 100%); }
.filter button { width: auto; flex: none; }
.keys { list-style: none; margin: 1rem 0; padding: 0; border-top: 1px solid var(--line); }
.keys .usage-line { width: 6rem; max-width: 100%; vertical-align: middle; }
.keys > li {
  display: grid; grid-template-columns: minmax(0, 1fr) 21rem; gap: .5rem 2rem; margin: 0; padding: 1.1rem 0;
  border-bottom: 1px solid var(--line);
}
.keys h2 { display: inline; margin: 0 .5rem 0 0; font-size: 1.05rem; }
.keys p { margin: .2rem 0; }
.keys dl { margin: 0; border: 0; }
.keys dl div { gap: 0 .5rem; padding: .1rem 0; border: 0; }
.keys dt { flex-basis: 5.5rem; }
.keys dd { flex-basis: 9rem; }
.over h2 a { color: var(--soft); }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .875rem; color: var(--soft); }
.chips li { margin: 0; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: .4rem; }
.chips code { font-size: .8rem; }
.empty { padding: .5rem 0; max-width: 44rem; }
.empty h2 { margin-top: .5rem; font-size: 1.2rem; }
.empty li { margin: .5rem 0; }
.copyable h2 { margin-top: 1.25rem; }
.copyable div { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.copyable code { flex: 1 1 18rem; padding: .7rem .9rem; border-radius: .5rem; background: var(--code); color: var(--text); }
.copyable.main code { font-size: 1.05rem; font-weight: 600; }
.copyable button { flex: none; width: auto; min-width: 6rem; }
dd button { display: inline-block; width: auto; min-height: 2rem; padding: .1rem .7rem; font-size: .875rem; }
.scrolls { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .925rem; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: .55rem .75rem .55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 6.5rem; }
@media (max-width: 46rem) {
  .who { flex: 1 0 100%; }
  .keys > li { grid-template-columns: minmax(0, 1fr); }
  .filter > * { flex: 1 1 8rem; }
  .filter select, .filter button { width: 100%; max-width: none; }
  thead { position: absolute; left: -100vw; }
  table, tbody, tr, td { display: block; }
  tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: .1rem 0; }
}
@media (forced-colors: active) { button, .button, .code, .note, .badge { border: 1px solid; } }

[hidden]:not(.scripted) { display: none !important; }
.scripted[hidden] { visibility: hidden; }
@media (scripting: none) { .scripted[hidden] { display: none !important; } }
.brand img { height: 1.75rem; width: auto; max-width: 12rem; object-fit: contain; flex: none; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
time { font-variant-numeric: tabular-nums; }
time[data-local], time[data-countdown] { display: inline-block; }
time[data-local] { min-width: min(25ch, 100%); }
time[data-countdown] { min-width: 7ch; }
[data-copy] { min-width: 7em; }
[aria-disabled="true"] { opacity: .6; cursor: progress; }
`;
