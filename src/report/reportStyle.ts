/** The style sheet of reports: light, dark and print; colours that people with any colour vision can tell apart. */
export const reportStyle = `
:root{color-scheme:light dark;--fg:#1b1b1b;--bg:#fff;--soft:#5a5a5a;--rule:#d9d9d9;--card:#f6f6f4;--warn:#8a3b00;
--c0:#0060a8;--c1:#b34700;--c2:#00795a;--c3:#a3327a;--c4:#7a6000;--c5:#0a7f96;--c6:#5b4bb5;--c7:#555}
@media (prefers-color-scheme:dark){:root{--fg:#e8e8e6;--bg:#161718;--soft:#a5a5a2;--rule:#3a3b3d;--card:#1f2022;--warn:#ffb27a;
--c0:#6cb8f0;--c1:#ff9a55;--c2:#4fd0a4;--c3:#ee93c8;--c4:#dcc15a;--c5:#6fd3e6;--c6:#b3a6ff;--c7:#bbb}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
.answer{font-size:1.15rem}.warn{color:var(--warn);font-weight:600}.none{color:var(--soft)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1rem}
figure{margin:0;background:var(--card);border-radius:6px;padding:.5rem}
figcaption{font-weight:600;font-size:.9rem;padding:0 .25rem}
svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.g{stroke:var(--rule);stroke-width:1}.l{fill:none;stroke-width:1.8}.b{stroke:none;opacity:.18}
.d1{stroke-dasharray:7 3}.d2{stroke-dasharray:2 3}.d3{stroke-dasharray:8 3 2 3}
${Array.from({ length: 8 }, (_, i) => `.l.c${i}{stroke:var(--c${i})}.m.c${i},.b.c${i}{fill:var(--c${i})}`).join('')}
.legend{list-style:none;padding:0;margin:.25rem 0 .75rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.9rem}
.legend svg{display:inline-block;width:28px;height:12px;margin-right:.4rem;vertical-align:middle}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.2rem .6rem;text-align:left;border-bottom:1px solid var(--rule);white-space:nowrap}.n{text-align:right}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0;font-size:.9rem}dt{color:var(--soft)}dd{margin:0}
pre{background:var(--card);padding:.75rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:6px}
@media print{:root{color-scheme:light;--fg:#000;--bg:#fff;--soft:#333;--rule:#bbb;--card:#fff;--warn:#000;
--c0:#0060a8;--c1:#b34700;--c2:#00795a;--c3:#a3327a;--c4:#7a6000;--c5:#0a7f96;--c6:#5b4bb5;--c7:#555}
body{font-size:10pt}main{max-width:none;padding:0}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}
.plots{grid-template-columns:1fr 1fr}.wide{overflow:visible}th,td{padding:.1rem .3rem;white-space:normal}}
`;
