/** The reports' style: one sheet for all, light and dark by the reader's own setting, and for paper. No `style` attributes beside it, so that a content security policy can name it by its hash. */
export const reportStyle = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--dim:#5d6b7b;--line:#e2e6eb;--good:#137a4c;--good-bg:#e2f4ea;--bad:#b3261e;--bad-bg:#fce8e6;--warn:#8a5300;--warn-bg:#fdf0d8;--calm:#3d5a80;--calm-bg:#e6edf5;--point:#98a4b3;--daily:#8fb8de;--weekly:#3f88c5;--monthly:#2a4d8f;--yearly:#6c3fa0;--bar:#3f88c5;--grid:#e9edf1;--empty:#eef1f4}
@media (prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#182029;--ink:#e6ebf1;--dim:#95a3b3;--line:#2a3541;--good:#63d39b;--good-bg:#143527;--bad:#ff8a80;--bad-bg:#452120;--warn:#f5c26b;--warn-bg:#3d2f14;--calm:#9dbde3;--calm-bg:#203041;--point:#6b7886;--daily:#3b5f82;--weekly:#4f97d6;--monthly:#8db4f5;--yearly:#c39bf0;--bar:#4f97d6;--grid:#26303b;--empty:#212b35}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 24px 48px}
header{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:flex-end;justify-content:space-between;margin-bottom:24px}
h1{font-size:28px;line-height:1.2;margin:2px 0 0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 14px}
.kicker{color:var(--dim);font-size:12px;letter-spacing:.09em;text-transform:uppercase;margin:0}
.sub{color:var(--dim);margin:4px 0 0;overflow-wrap:anywhere}
.pill{display:inline-block;padding:2px 10px;border-radius:999px;font-size:13px;font-weight:600;white-space:nowrap;background:var(--calm-bg);color:var(--calm)}
.pill.big{font-size:15px;padding:5px 16px}
.good{background:var(--good-bg);color:var(--good)}.bad{background:var(--bad-bg);color:var(--bad)}.warn{background:var(--warn-bg);color:var(--warn)}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;margin:0 0 18px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 18px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 16px}
.tile b{display:block;font-size:23px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile span{color:var(--dim);font-size:13px}
.note{border-radius:12px;padding:12px 16px;margin:0 0 18px;overflow-wrap:anywhere;white-space:pre-line}
.scroll{overflow-x:auto;margin:0 -6px;padding:0 6px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:12px;font-weight:600;color:var(--dim);text-align:left;padding:0 12px 8px 0;white-space:nowrap}
td{border-top:1px solid var(--line);padding:9px 12px 9px 0;vertical-align:top}
th.n,td.n{text-align:right;white-space:nowrap}
td.t{white-space:nowrap}.dense td{padding-top:5px;padding-bottom:5px;font-size:13.5px}
td:last-child,th:last-child{padding-right:0}
.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:12.5px;overflow-wrap:anywhere}
.dim{color:var(--dim)}.small{font-size:13px}
.name{font-weight:600;overflow-wrap:anywhere}
.why{margin:6px 0 0;color:var(--bad);font-size:13.5px;overflow-wrap:anywhere;white-space:pre-line}
.why.soft{color:var(--warn)}
.resource{border-top:1px solid var(--line);padding:14px 0}.resource:first-of-type{border-top:0;padding-top:0}.resource:last-child{padding-bottom:0}
.resource p{margin:4px 0}.resource p.why{margin-top:6px}.resource .top{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;justify-content:space-between}
.facts{display:flex;flex-wrap:wrap;gap:2px 18px;color:var(--dim);font-size:13.5px;margin-top:4px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:18px;margin-bottom:18px}.charts section{margin:0}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--dim);font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.bar{fill:var(--bar)}.bar.ok{fill:var(--good)}.bar.part{fill:var(--warn)}.bar.fail{fill:var(--bad)}.rule{stroke:var(--grid);stroke-width:1}.line{fill:none;stroke:var(--bar);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.dot{fill:var(--bar)}.area{fill:var(--bar);opacity:.12}
.cell{fill:var(--empty)}.c-point{fill:var(--point)}.c-daily{fill:var(--daily)}.c-weekly{fill:var(--weekly)}.c-monthly{fill:var(--monthly)}.c-yearly{fill:var(--yearly)}.lock{fill:none;stroke:var(--ink);stroke-width:1.6}.today{stroke:var(--dim);stroke-width:1;stroke-dasharray:2 2}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;color:var(--dim);font-size:13px;margin-bottom:18px;align-items:center}
.legend span{display:inline-flex;gap:6px;align-items:center}.legend svg{width:14px;height:14px;flex:none}
.scroll.latest{direction:rtl}.scroll.latest svg{direction:ltr;min-width:820px}.scroll.wide svg{min-width:640px}
.chips{display:flex;flex-wrap:wrap;gap:5px;margin-top:8px}.chip{font-size:12px;border:1px solid var(--line);border-radius:7px;padding:1px 7px;white-space:nowrap}.chip b{font-weight:700}
details summary{cursor:pointer;font-weight:600}details[open] summary{margin-bottom:12px}
footer{color:var(--dim);font-size:13px;margin-top:26px;overflow-wrap:anywhere}
@media (max-width:640px){main{padding:20px 14px 32px}section{padding:16px}h1{font-size:23px}.tiles{grid-template-columns:repeat(2,1fr)}.tile b{font-size:19px}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#ccc}body{font-size:11pt}main{max-width:none;padding:0}.tile,.resource,.charts section,tr{break-inside:avoid}.scroll.latest svg{min-width:0}section,.tile{border-radius:6px}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
