/** The look of the reference: the reader's own fonts, his light or dark, and room for the text. */
export const DOCS_STYLE = `:root {
  color-scheme: light dark;
  --text: #1c1f23; --soft: #5b636e; --back: #ffffff; --panel: #f4f5f7; --line: #dfe2e7; --link: #0b57d0;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7eb; --soft: #9aa4b1; --back: #15181c; --panel: #1e2329; --line: #343b44; --link: #8ab4f8; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; display: grid; grid-template-columns: minmax(14rem, 18rem) minmax(0, 1fr);
  font: 1rem/1.6 system-ui, sans-serif; color: var(--text); background: var(--back);
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem;
  border-right: 1px solid var(--line); font-size: .875rem; line-height: 1.4;
}
nav p { font-size: .8rem; font-weight: 600; margin: 1.25rem 0 .4rem; color: var(--soft); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: .3rem 0; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 62rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.5rem; line-height: 1.3; margin: 3.5rem 0 1rem; }
h3 { font-size: 1.15rem; margin: 0 0 .5rem; }
h4 { font-size: .95rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 70ch; overflow-wrap: break-word; }
section { margin: 1rem 0 2rem; padding: 1.5rem 0 0; border-top: 1px solid var(--line); }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
code { overflow-wrap: anywhere; }
pre { margin: 1.25rem 0 0; padding: 1rem; overflow-x: auto; background: var(--panel); border-radius: .375rem; }
pre code { overflow-wrap: normal; }
small, .line { color: var(--soft); }
summary { cursor: pointer; margin: 1.25rem 0 .5rem; font-weight: 600; font-size: .95rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; line-height: 1.45; }
th, td { padding: .45rem .75rem .45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); }
td:first-child code { white-space: nowrap; }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
}
@media print { nav { display: none; } body { display: block; } }
`;
