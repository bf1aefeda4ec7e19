// The colours of agents are those of Okabe and Ito, which people who do not tell red from green tell apart; the shades
// of payoffs go from orange over grey to blue, likewise, and differ in lightness as well. No '<' and no '&' in here:
// the document is XML, too.
#include "sim/report_style.h"

namespace puna::sim {
namespace {

constexpr std::string_view kStyleSheet = R"(
:root{color-scheme:light dark;--paper:#fff;--panel:#f5f6f8;--ink:#1c2126;--quiet:#586069;--line:#d5dae0;--grid:#e4e8ec;
--accent:#0a62a4;--mean:#0072b2;--band:#0072b233;--good:#00664a;--bad:#a83c00;
--t0:#009e73;--t1:#e69f00;--t2:#cc79a7;--t3:#d55e00;--t4:#56b4e9;--t5:#f0e442;--t6:#999;--t7:#0072b2;--t8:#fff;
--s0:#a34400;--s1:#d2701c;--s2:#eda462;--s3:#f7d6b5;--s4:#e6e8ea;--s5:#c4dbee;--s6:#86b6dd;--s7:#3d86c4;--s8:#0a4f8f;
--e0:#b34a00;--e1:#dd8b44;--e2:#8b9096;--e3:#5b9dd3;--e4:#0b5a9e}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14171a;--panel:#1d2226;--ink:#e4e8ec;--quiet:#a0a9b2;
--line:#3a4148;--grid:#2a3036;--accent:#7cc0f8;--mean:#5ab4ee;--band:#5ab4ee3d;--good:#4fcfa2;--bad:#ff9d5c;--t8:#14171a;
--s0:#ffab5e;--s1:#dd8433;--s2:#a5642a;--s3:#654629;--s4:#31373d;--s5:#264a69;--s6:#2d6fa6;--s7:#4b9ddd;--s8:#9bd0fb;
--e0:#ff9640;--e1:#c98148;--e2:#8d949b;--e3:#5fa6dd;--e4:#8fcbff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","Liberation Sans",sans-serif}
header,main,footer,nav{max-width:72rem;margin:0 auto;padding:0 1rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.45rem;line-height:1.25;margin:3rem 0 .5rem;padding-top:1rem;border-top:2px solid var(--ink)}
h3{font-size:1.15rem;margin:2.25rem 0 .5rem}
h4{font-size:1rem;margin:0}
p{margin:.25rem 0 .75rem;max-width:46rem}
a{color:var(--accent)}
nav ul{list-style:none;margin:.25rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem}
nav>ul>li{flex:1 1 100%}
.lead{color:var(--quiet)}
.note,.warning{border-left:4px solid var(--line);background:var(--panel);padding:.5rem .75rem;margin:.75rem 0;max-width:46rem}
.warning{border-color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:.75rem 0}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1rem 0;padding:0;list-style:none}
.tiles li{background:var(--panel);border-radius:6px;padding:.6rem .8rem;display:flex;flex-direction:column}
.tiles b{font-size:1.45rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles span{color:var(--quiet);font-size:.85rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1.75rem 1.5rem;margin:1rem 0}
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:1.75rem 1.5rem;margin:1rem 0}
figure{margin:0;min-width:0;break-inside:avoid}
figure.wide{margin:1rem 0}
figcaption p{color:var(--quiet);font-size:.875rem;line-height:1.4;margin:0 0 .5rem}
.charts figcaption p{min-height:2.8em}
svg{display:block;max-width:none;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
.small svg{width:100%;height:auto;max-width:30rem}
.wide .picture,.scroll{overflow-x:auto;overflow-y:hidden}
.scroll{max-height:32rem;overflow-y:auto;border:1px solid var(--line);border-radius:6px;margin:.5rem 0;width:fit-content;max-width:100%}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg text{fill:var(--ink);unicode-bidi:isolate;font-variant-numeric:tabular-nums}
svg .quiet,svg .axis{fill:var(--quiet)}
svg .strong{font-weight:600}
svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
line{stroke:var(--line);stroke-width:1}
line.grid{stroke:var(--grid)}
line.zero,line.floor,line.tick{stroke:var(--quiet)}
.mean{fill:none;stroke:var(--mean);stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
.band{fill:var(--band);stroke:none}
line.whisker{stroke:var(--mean);stroke-opacity:.45;stroke-width:7}
.dot{fill:var(--mean);stroke:var(--paper);stroke-width:1}
line.middle{stroke:var(--ink);stroke-width:1.5}
.bar{stroke:var(--ink);stroke-opacity:.45;stroke-width:.5}
.yes{fill:var(--t7)}.no{fill:var(--t1)}
.t0{fill:var(--t0)}.t1{fill:var(--t1)}.t2{fill:var(--t2)}.t3{fill:var(--t3)}.t4{fill:var(--t4)}.t5{fill:var(--t5)}
.t6{fill:var(--t6)}.t7{fill:var(--t7)}.t8{fill:var(--t8)}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}
.s6{fill:var(--s6)}.s7{fill:var(--s7)}.s8{fill:var(--s8)}
.node{stroke:var(--ink);stroke-width:1}
.all{fill:var(--paper);stroke:var(--ink);stroke-width:1.25}
.edges path{fill:none;stroke:var(--quiet);stroke-opacity:.8;stroke-linecap:round}
.edges.dense path{stroke-opacity:.5}
.edges path:hover{stroke-opacity:1;stroke:var(--ink)}
.edges .e0{stroke:var(--e0)}.edges .e1{stroke:var(--e1)}.edges .e2{stroke:var(--e2)}.edges .e3{stroke:var(--e3)}
.edges .e4{stroke:var(--e4)}.edges .unknown{stroke-dasharray:2 5}
table{border-collapse:collapse;font-size:.875rem;line-height:1.35}
caption{text-align:left;color:var(--quiet);padding:.4rem .6rem}
th,td{padding:.22rem .6rem;text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap;font-weight:400}
thead th{position:sticky;top:0;background:var(--panel);font-weight:600;border-bottom:1px solid var(--line)}
thead th:first-child{text-align:left}
.number{text-align:right;font-variant-numeric:tabular-nums}
.met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}
details{margin:.4rem 0}
summary{cursor:pointer;color:var(--quiet);font-size:.875rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);padding:.75rem;border-radius:6px;font-size:.8125rem;line-height:1.45}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:2rem;color:var(--quiet);font-size:.875rem}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.charts figcaption p{min-height:0}
.tiles{grid-template-columns:1fr 1fr}}
@media print{body{font-size:10pt}nav,details:not([open]){display:none}.scroll{max-height:none;overflow:visible}
.wide svg{max-width:100%;height:auto}h2{break-before:page}h2,h3{break-after:avoid}section:first-of-type h2{break-before:auto}
svg,.tiles li,thead th{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)";

}  // namespace

std::string_view report_style() { return kStyleSheet; }

}  // namespace puna::sim
