/** The kill page: what is about to be turned off, the button, and afterwards who has confirmed. */
import { commandWord } from '@flagmarshal/domain/flag/key'

import type { KillFacts } from './facts.ts'
import { html, NOTHING } from './html.ts'
import type { Html } from './html.ts'
import { FOLLOWING, HOLDING, STYLE } from './look.ts'
import { progress, toBeFollowed } from './progress.ts'

/** What every page of this kind is made with. */
export interface Frame {
  readonly nonce: string
  readonly title: string
  /** The band at the top: the environment in words and colour. */
  readonly band: { readonly text: string; readonly under: string; readonly loud: boolean }
  readonly script: string
  /** Seconds after which a browser without scripts asks again. */
  readonly again?: number
}

/** A whole document. */
export function documentOf({ nonce, title, band, script, again }: Frame, content: Html): string {
  const refresh =
    again === undefined
      ? NOTHING
      : html`<noscript><meta http-equiv="refresh" content="${again}" /></noscript>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="manifest" href="/kill.webmanifest" />
        <link rel="apple-touch-icon" href="/icon-192.png" />
        <style nonce="${nonce}">
          ${{ markup: STYLE }}
        </style>
        ${refresh}
      </head>
      <body>
        <header class="${band.loud ? 'loud' : ''}"><b>${band.text}</b>${band.under}</header>
        <main>${content}</main>
        <script nonce="${nonce}">
          ${{ markup: script }}
        </script>
      </body>
    </html>`.markup
}

export interface KillPage {
  readonly facts: KillFacts
  readonly nonce: string
  /** Proof that the form is of this page; undefined for somebody who may only look. */
  readonly csrf: string | undefined
  /** The person, or what opened the page. */
  readonly who: string
}

/** The page of a flag. */
export function killPage({ facts, nonce, csrf, who }: KillPage): string {
  const { key, environment, on, kill } = facts
  const frame = {
    nonce,
    script: on || kill === undefined ? HOLDING : FOLLOWING,
    title: `${key.flag} in ${environment.name}: ${on ? 'turn off' : 'off'}`,
    band: {
      text: environment.name,
      under: `${key.project} · ${key.environment} · ${environment.protected ? 'protected environment' : 'not protected'}`,
      loud: environment.protected,
    },
  }
  const head = html`<h1>${key.flag}</h1>
    <p class="dim">${facts.name}</p>`
  const shown =
    on || kill === undefined ? html`${standing(facts)}${form(facts, csrf)}` : progress(facts, kill)
  const content = html`${head}${shown}${back(facts, who)}`
  return documentOf(kill !== undefined && !on && toBeFollowed(kill) ? { ...frame, again: 2 } : frame, content)
}

function standing(facts: KillFacts): Html {
  const { on, share, requests, users, instances, remote, rollout, dependants } = facts
  const minutes =
    requests.all === 0
      ? 'no request was reported in the last 5 minutes'
      : `${count(requests.exposed)} of ${count(requests.all)} requests in the last 5 minutes were not served off`
  const people =
    users === undefined
      ? html`${minutes}; users are counted while a rollout runs`
      : html`${users.sampled ? 'about ' : ''}${count(users.exposed)} users in this attempt; ${minutes}`
  const running =
    rollout === undefined
      ? html`none is under way`
      : html`${rollout.feature}, attempt ${rollout.attempt}: ${rollout.state.replaceAll('_', ' ')}; it stops
        with this`
  return html`<p class="state ${on ? 'wait' : 'ok'}">${on ? `ON for ${share}` : 'OFF for everybody'}</p>
    <dl>
      <dt>Exposed now</dt>
      <dd>${people}</dd>
      <dt>Servers</dt>
      <dd>${instances.connected} connected${instances.silent === 0 ? '' : `, ${instances.silent} silent`}</dd>
      <dt>Browsers</dt>
      <dd>
        ${remote.n === 0 ? 'none asked in the last 5 minutes' : `${count(remote.n)} values asked in the last 5 minutes; off with the next one`}
      </dd>
      <dt>Rollout</dt>
      <dd>${running}</dd>
      ${
        dependants.length === 0
          ? html``
          : html`<dt>Parent of</dt>
              <dd>${dependants.join(', ')}: off with it</dd>`
      }
    </dl>`
}

function form({ key, on, environment }: KillFacts, csrf: string | undefined): Html {
  if (csrf === undefined) {
    return html`<p class="state no">You may look at this, not turn it off.</p>
      <p>Ask somebody with the role developer or one of the leads.</p>`
  }
  const verb = on ? 'Turn off' : 'Check everywhere'
  return html`<form
    id="kill"
    method="post"
    action="/k/${key.project}/${key.environment}/${encodeURIComponent(key.flag)}"
  >
    <input type="hidden" name="csrf" value="${csrf}" /><label for="reason">Reason (may stay empty)</label
    ><input type="text" id="reason" name="reason" maxlength="200" autocomplete="off" /><button
      type="button"
      id="hold"
      hidden
      aria-describedby="hint"
    >
      <span>${on ? 'HOLD TO TURN OFF' : 'HOLD TO CHECK EVERYWHERE'}</span>
    </button>
    <p id="hint" class="dim" role="status"></p>
    <details id="plain" open>
      <summary>Without holding</summary>
      <label for="confirm"
        ><input type="checkbox" id="confirm" name="confirm" value="yes" required />${verb} ${key.flag} in
        ${environment.name}</label
      ><button>${verb}</button>
    </details>
  </form>`
}

function back({ key }: KillFacts, who: string): Html {
  const { environment, project } = key
  const word = commandWord(key.flag)
  return html`<p class="dim">
      Browsers, phones and SDKs of Unleash ask this server for values, and confirm nothing.
    </p>
    <h2>Turning it on again</h2>
    <p>
      Not from here: that passes the flag’s gate, in the console, with
      <code>flagmarshal flag on ${word} -e ${environment} --project ${project}</code>, or as a new attempt of
      its rollout.
    </p>
    <h2>From a terminal</h2>
    <p>
      <code>flagmarshal kill ${word} -e ${environment} --project ${project} --reason "…" --wait 10s</code>
    </p>
    <p class="dim">${who}</p>`
}

/** A page that says why there is nothing to turn off here, and what to do instead. */
export function plainPage(nonce: string, title: string, content: Html): string {
  return documentOf(
    { nonce, title, script: '', band: { text: 'Flagmarshal', under: 'Turning flags off', loud: false } },
    html`<h1>${title}</h1>
      ${content}`,
  )
}

const count = (n: number) => n.toLocaleString('en-GB')
