/** The style sheet of the race matrix, after that of reports: verdicts have a colour and, but for what is proved, a letter. */
export const matrixHtmlStyle = `
:root{--proved:#b9dfc3;--proved-fg:#12592b;--violation:#c8232c;--violation-fg:#fff;--bounded:#f3c04b;--bounded-fg:#4a3200;
--sampled:#a9b4c2;--sampled-fg:#1d2733;--vacuous:#b79be6;--vacuous-fg:#2c1457;--focus:#0060a8;--hover:#1b1b1b}
@media (prefers-color-scheme:dark){:root{--proved:#28573a;--proved-fg:#bfe8cb;--violation:#ff5d5d;--violation-fg:#2a0000;
--bounded:#c6941f;--bounded-fg:#1f1500;--sampled:#5d6877;--sampled-fg:#eef2f7;--vacuous:#7c5cbf;--vacuous-fg:#f4eeff;--focus:#6cb8f0;--hover:#fff}}
main{max-width:1640px}
.about{color:var(--soft);margin:.25rem 0 0;font-size:.9rem}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;padding:0;margin:1rem 0;font-size:.9rem}
.key li{display:flex;align-items:center;gap:.4rem}
.key i{display:flex;width:1.15rem;height:1.15rem;border-radius:3px;align-items:center;justify-content:center;font:700 .72rem/1 system-ui,sans-serif}
.proved{background:var(--proved);color:var(--proved-fg)}.violation{background:var(--violation);color:var(--violation-fg)}
.bounded{background:var(--bounded);color:var(--bounded-fg)}.sampled{background:var(--sampled);color:var(--sampled-fg)}
.vacuous{background:var(--vacuous);color:var(--vacuous-fg)}
.layout{display:grid;gap:1rem;align-items:start;grid-template-columns:minmax(0,1fr)}
@media (min-width:900px){.layout{grid-template-columns:14rem minmax(0,1fr)}fieldset{grid-row:span 2}#cell{grid-column:2}}
@media (min-width:1480px){.layout{grid-template-columns:14rem minmax(0,max-content) minmax(19rem,1fr)}fieldset{grid-row:auto}
#cell{grid-column:3;position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow:auto}}
fieldset{border:0;margin:0;padding:0;min-width:0}legend{font-weight:600;padding:0 0 .4rem}
.layers{display:grid;gap:1px;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr))}
.layers label{display:grid;grid-template-columns:1fr auto;gap:0 .5rem;padding:.2rem .6rem .32rem;border-radius:6px;cursor:pointer;font-size:.88rem;line-height:1.3}
.layers label:hover{background:var(--card)}
.layers label:has(:checked){background:var(--card);box-shadow:inset 3px 0 var(--focus)}
.layers label:has(:focus-visible){outline:2px solid var(--focus);outline-offset:-2px}
.layers input{position:absolute;opacity:0;pointer-events:none}
.layers b{font-weight:600}.layers small{grid-column:1/-1;color:var(--soft);font-size:.78rem}
.layers .n{color:var(--soft);font-variant-numeric:tabular-nums}
.bar{grid-column:1/-1;display:flex;height:4px;border-radius:2px;overflow:hidden;margin-top:.2rem;gap:1px}.bar i{display:block;min-width:3px}
.scroll{overflow-x:auto;padding:0 0 .5rem}
.grid{width:auto;border-collapse:separate;border-spacing:2px;font-size:.75rem}
.grid th,.grid td{border:0;padding:0}
.grid th{font-weight:400;color:var(--soft)}
.grid tbody th[scope=row]{text-align:right;padding:0 .5rem 0 .35rem;white-space:nowrap;position:sticky;left:0;background:var(--bg)}
.grid thead th[scope=col]{vertical-align:bottom;height:7rem}
.grid thead th[scope=col] span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;display:inline-block;padding:.4rem 0 0}
.grid th.at{color:var(--fg);font-weight:600}
.grid .side{font-size:.68rem;letter-spacing:.06em;text-transform:uppercase;text-align:left;color:var(--soft);padding:0 0 .2rem;border-bottom:1px solid var(--rule)}
.grid tr.edge>*{border-top:6px solid transparent}.grid .edge{border-left:6px solid transparent}
.grid tr.edge>th,.grid th.edge{border-color:transparent}
.grid td{width:19px;height:19px}
.grid td>i{display:block;width:19px;height:19px;border-radius:3px;background:radial-gradient(circle,var(--rule) 1.5px,transparent 2px)}
.grid button{display:block;width:19px;height:19px;border:0;border-radius:3px;padding:0;margin:0;cursor:pointer;font:700 .72rem/19px system-ui,sans-serif}
.grid button:hover{box-shadow:0 0 0 2px var(--hover)}
.grid button:focus-visible{outline:3px solid var(--focus);outline-offset:1px}
.grid button:hover,.grid button:focus-visible,.grid button[aria-pressed=true]{position:relative;z-index:1}
.grid button[aria-pressed=true]{box-shadow:0 0 0 2px var(--bg),0 0 0 4px var(--fg)}
.hint{color:var(--soft);font-size:.85rem;margin:.5rem 0 0}
#cell{background:var(--card);border-radius:8px;padding:1rem 1.15rem;font-size:.92rem;min-width:0}
#cell h2{border:0;margin:0;font-size:1.15rem;overflow-wrap:anywhere}#cell h3{font-size:.8rem;margin:1rem 0 .25rem;color:var(--soft);font-weight:600}
#cell p{margin:.35rem 0}#cell pre{background:var(--bg);margin:0;padding:.6rem .75rem;font-size:.82rem}
#cell .message{font-weight:600;overflow-wrap:anywhere}
#cell ul{list-style:none;padding:0;margin:.5rem 0 0;display:grid;gap:2px;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr))}
#cell li a{display:flex;gap:.6rem;align-items:center;padding:.2rem .35rem;border-radius:5px;color:inherit;text-decoration:none}
#cell li a:hover{background:var(--bg)}#cell a:focus-visible,#cell summary:focus-visible,#cell button:focus-visible{outline:2px solid var(--focus)}
#cell dl{margin-top:1rem;font-size:.85rem}#cell details{margin-top:.75rem}summary{cursor:pointer;color:var(--soft);font-size:.85rem}
.badge{display:inline-block;border-radius:4px;padding:.05rem .5rem;font-size:.8rem;font-weight:700}
li .badge{min-width:5.6rem;text-align:center}
.copy{margin-top:.4rem;font:inherit;font-size:.82rem;padding:.2rem .7rem;border-radius:5px;border:1px solid var(--rule);background:var(--bg);color:var(--fg);cursor:pointer}
.copy:hover{border-color:var(--soft)}
.list td{vertical-align:top;white-space:normal;overflow-wrap:anywhere}.list td:nth-child(-n+3){white-space:nowrap}.list code{font-size:.78rem;color:var(--soft)}
.list a{color:inherit}
@media print{.layers,.hint,.copy{display:none}.layout{grid-template-columns:1fr}#cell{position:static;max-height:none}
:root{--proved:#dfeee2;--proved-fg:#12592b;--violation:#c8232c;--violation-fg:#fff;--bounded:#f3c04b;--bounded-fg:#4a3200;--sampled:#c5ccd6;--sampled-fg:#1d2733;--vacuous:#d2c1f0;--vacuous-fg:#2c1457}
.grid button,.badge,.key i,.bar i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
