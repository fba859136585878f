/** The look of what the script and the brand bring, whatever the rest looks like. */
export const PARTS_STYLE = `[hidden]:not(.scripted) { display: none !important; }
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
