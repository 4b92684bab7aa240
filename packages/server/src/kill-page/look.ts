/**
 * How the kill page looks and what its script does, both in the page itself: one answer is all that
 * a slow network has to bring. Contrast of each text on its ground is at least 4.5:1 in both themes.
 */

/** How long the button is held. */
const HOLD_MS = 1_000

/** The style sheet. */
export const STYLE = `:root{color-scheme:light dark;--g:#fff;--i:#16181d;--d:#565d66;--l:#e1e4e8;--a:#1558a0;--ok:#087f5b;--no:#c92a2a;--wait:#8f4a00}
@media(prefers-color-scheme:dark){:root{--g:#1a1b1e;--i:#e8eaed;--d:#a6a7ab;--l:#303338;--a:#74c0fc;--ok:#63e6be;--no:#ff8787;--wait:#ffd43b}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0;background:var(--g);color:var(--i);font:16px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
header{padding:10px 16px;background:#495057;color:#fff}header b{display:block;font-size:22px;letter-spacing:.06em;text-transform:uppercase}header.loud{background:#c92a2a}
main{max-width:34rem;margin:0 auto;padding:12px 16px 24px}h1{font-size:24px;line-height:1.2;margin:0}h2{font-size:16px;margin:18px 0 4px}p{margin:6px 0}a{color:var(--a)}
.state{font-size:18px;font-weight:600}.ok{color:var(--ok)}.no{color:var(--no)}.wait{color:var(--wait)}.dim,dt{color:var(--d)}
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 12px;margin:10px 0}dd{margin:0}ul{margin:4px 0;padding:0;list-style:none}li{padding:4px 0;border-top:1px solid var(--l)}
label{display:block;margin:10px 0 4px}input[type=text],input[type=search]{width:100%;min-height:44px;padding:8px 10px;font:inherit;color:inherit;background:var(--g);border:1px solid var(--d);border-radius:6px}
input[type=checkbox]{width:24px;height:24px;vertical-align:-6px;margin:0 8px 0 0}
button{font:inherit;font-weight:700;color:#fff;background:#c92a2a;border:0;border-radius:8px;min-height:48px;padding:8px 18px}
#hold{position:relative;display:block;width:100%;min-height:80px;margin:14px 0 6px;font-size:20px;overflow:hidden;touch-action:none;user-select:none;-webkit-user-select:none;-webkit-touch-callout:none}
#hold:before{content:"";position:absolute;inset:0;background:#7d1414;transform:scaleX(0);transform-origin:left}#hold.on:before{transform:scaleX(1);transition:transform ${HOLD_MS}ms linear}#hold span{position:relative}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}code{font-size:13px}summary{min-height:32px;padding:4px 0;cursor:pointer}
.list a{display:block;min-height:44px;padding:8px 0}.chip{font-size:12px;font-weight:700;letter-spacing:.04em}
@media(prefers-reduced-motion:reduce){#hold.on:before{transition:none}}`

/** Until the form is sent: hold for a second with finger, mouse, Enter or Space; what opened the page leaves its address. */
export const HOLDING = `(()=>{const $=i=>document.getElementById(i),u=new URL(location);
if(u.searchParams.has('t')){u.searchParams.delete('t');history.replaceState(null,'',u)}
const f=$('kill'),b=$('hold'),h=$('hint');
if(f&&b){let t,done;b.hidden=false;$('plain').open=false;h.textContent='Press and hold for one second. With a keyboard: hold Enter or Space.';
const on=()=>{if(t||done)return;b.classList.add('on');h.textContent='Keep holding…';t=setTimeout(()=>{done=true;b.querySelector('span').textContent='Turning off…';h.textContent='Asking the server to turn it off.';f.elements.confirm.checked=true;f.submit()},${HOLD_MS})},
off=()=>{if(done||!t)return;clearTimeout(t);t=0;b.classList.remove('on');h.textContent='Not turned off: hold for one whole second.'};
b.onpointerdown=e=>{if(e.button===0){try{b.setPointerCapture(e.pointerId)}catch{}on()}};b.onpointerup=b.onpointercancel=b.onblur=off;b.oncontextmenu=e=>e.preventDefault();
b.onkeydown=e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();if(!e.repeat)on()}};b.onkeyup=off;
addEventListener('pageshow',e=>{if(e.persisted)location.reload()})}})()`

/** Afterwards: confirmations are asked for until there is nothing to wait for. */
export const FOLLOWING = `(()=>{const $=i=>document.getElementById(i);
const v=$('live'),s=$('stale');
if(v&&v.dataset.follow){let tag='',looks=0,of='';const look=async()=>{let end;
try{const r=await fetch(v.dataset.follow,{cache:'no-store',headers:tag?{'if-none-match':tag}:{}});
if(r.status===200){tag=r.headers.get('etag')||'';const d=new DOMParser().parseFromString(await r.text(),'text/html');
for(const i of ['said','detail']){const n=d.getElementById(i),o=$(i);if(n&&o&&n.innerHTML!==o.innerHTML)o.replaceChildren(...n.childNodes)}
end=d.getElementById('end')}else if(r.status!==304)throw 0;of=r.headers.get('date')||'';s.hidden=true}
catch{s.hidden=false;s.textContent='The server does not answer. What is shown is old: '+of}
if(!end)setTimeout(look,++looks<30?1e3:5e3)};setTimeout(look,500)}})()`
