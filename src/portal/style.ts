/** The look of the portal: the reader's own fonts, his light or dark, and one column that fits a phone. */
export const PORTAL_STYLE = `:root {
  color-scheme: light dark;
  --text: #1c1f23; --soft: #57606b; --back: #f4f5f7; --panel: #ffffff; --line: #d9dde3;
  --link: #0b57d0; --on: #ffffff; --field: #ffffff; --edge: #7d8794; --code: #eef3fd;
  --warn: #fff6e0; --warn-line: #e3b341; --bad: #b3261e; --good: #1a7f37;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e7eb; --soft: #a3adb9; --back: #101317; --panel: #181c21; --line: #2f363f;
    --link: #8ab4f8; --on: #0d1b33; --field: #101317; --edge: #77818e; --code: #1c2636;
    --warn: #2b2411; --warn-line: #8f6f1c; --bad: #ff8f86; --good: #6fdd8b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center;
  font: 1rem/1.55 system-ui, sans-serif; color: var(--text); background: var(--back);
}
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; padding: .25rem .5rem; background: var(--panel); }
header, main, footer { width: min(31rem, 100% - 1.5rem); }
header { padding: clamp(1.25rem, 6vh, 3.5rem) .25rem 1.25rem; }
.brand { display: flex; align-items: center; gap: .5rem; margin: 0; font-weight: 650; font-size: 1.05rem; }
.brand svg { width: 1.4rem; height: 1.4rem; color: var(--link); flex: none; }
main {
  padding: clamp(1.15rem, 5vw, 2rem);
  background: var(--panel); border: 1px solid var(--line); border-radius: .75rem;
}
footer { padding: 1rem .25rem 2.5rem; color: var(--soft); font-size: .875rem; }
footer p { margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .5rem; letter-spacing: -.01em; text-wrap: pretty; }
h2 { font-size: 1rem; line-height: 1.4; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: break-word; }
main > :last-child { margin-bottom: 0; }
.soft { color: var(--soft); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
label { display: block; margin: 1.5rem 0 .35rem; font-weight: 600; }
input {
  width: 100%; padding: .7rem .25rem; text-align: center; text-transform: uppercase;
  font: 600 clamp(1.5rem, 8vw, 2rem)/1.2 var(--mono); letter-spacing: .12em;
  color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: .5rem;
}
input[aria-invalid] { border-color: var(--bad); }
.hint { font-size: .875rem; color: var(--soft); margin: .4rem 0 0; }
.error { color: var(--bad); font-weight: 600; margin: .4rem 0 0; }
.code {
  margin: 1rem 0 .25rem; padding: .9rem .25rem; text-align: center; border-radius: .5rem; background: var(--code);
  font: 700 clamp(1.7rem, 9vw, 2.4rem)/1.2 var(--mono); letter-spacing: .1em; white-space: nowrap;
}
.note { margin: 1.25rem 0; padding: .7rem .9rem; border-left: 4px solid var(--warn-line); background: var(--warn); border-radius: .25rem; font-size: .925rem; }
ul { margin: .25rem 0 .75rem; padding-left: 1.25rem; }
li { margin: .15rem 0; overflow-wrap: anywhere; }
code { font-family: var(--mono); font-size: .85em; color: var(--soft); overflow-wrap: anywhere; }
dl { margin: 1.25rem 0; font-size: .925rem; border-top: 1px solid var(--line); }
dl div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .75rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.buttons { display: flex; gap: .75rem; margin-top: 1.25rem; }
button, .button {
  flex: 1; display: block; width: 100%; min-height: 2.9rem; padding: .7rem 1rem; text-align: center; cursor: pointer;
  font: 600 1rem/1.4 system-ui, sans-serif; text-decoration: none; border-radius: .5rem;
  color: var(--on); background: var(--link); border: 1px solid var(--link);
}
button:hover, .button:hover { filter: brightness(1.08); }
.quiet { color: var(--text); background: transparent; border-color: var(--edge); }
form > button { margin-top: 1.25rem; }
.mark { width: 3rem; height: 3rem; margin-bottom: .75rem; color: var(--good); }
.mark.no { color: var(--soft); }
@media (max-width: 24rem) { dl div { grid-template-columns: 1fr; gap: 0; } }
@media (forced-colors: active) { button, .button, .code, .note { border: 1px solid; } }
`;
