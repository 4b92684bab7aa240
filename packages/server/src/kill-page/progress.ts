/** After a kill: who has confirmed, who has not, by name, and whether it has helped. */
import type { Kill } from '@flagmarshal/api/kill'

import type { KillFacts } from './facts.ts'
import { html, NOTHING } from './html.ts'
import type { Html } from './html.ts'

type KillInstance = Kill['instances'][number]

/** As many names as fit: the page stays small, and counts say the rest. */
const MOST_NAMES = 20

/** Whether there is something left to wait for. */
export function toBeFollowed(kill: Kill): boolean {
  return !hasSettled(kill) || kill.recovery?.state === 'watching'
}

/** The part of the page that changes while it is looked at. */
export function progress({ key, rollout }: KillFacts, kill: Kill): Html {
  const { project, environment, flag } = key
  const address = `/k/${project}/${environment}/${encodeURIComponent(flag)}?kill=${kill.id}&part=1`
  const frozen =
    rollout === undefined
      ? NOTHING
      : html`<p>The rollout of ${rollout.feature} goes no further: ${rollout.state.replaceAll('_', ' ')}.</p>`
  return html`<p class="state ok">OFF, accepted ${time(kill.at)}</p>
    <p class="dim">by ${kill.by}: ${kill.reason}</p>
    <div id="live" data-follow="${toBeFollowed(kill) ? address : ''}">${part(kill)}</div>
    <p id="stale" class="no" role="alert" hidden></p>
    ${frozen}`
}

/** What the script asks for again and again. */
export function part(kill: Kill): Html {
  const { instances } = kill
  const end = toBeFollowed(kill) ? NOTHING : html`<i id="end" hidden></i>`
  return html`<p id="said" role="status">${sentence(kill)}</p>
    <div id="detail">
      ${named('Not confirmed yet', instances, 'pending')}${named('Silent, cannot be asked', instances, 'lost')}${recovery(kill)}${named('Confirmed', instances, 'confirmed')}
      <p class="dim">${remote(kill)}</p>
    </div>
    ${end}`
}

/** Those who can confirm nothing: what is known of them, and what is not. */
function remote({ remote: asked }: Kill): string {
  const how =
    'each gets off with the next value that it asks for. How long it shows what it has, only its code knows'
  if (asked === undefined || asked.lastAskedAt === null) {
    return `Browsers, phones and SDKs of Unleash: none asked this server for the flag in the 5 minutes before. One that has asked earlier gets off with its next value.`
  }
  return `Browsers, phones and SDKs of Unleash, not part of the count: ${asked.asked.toLocaleString('en-GB')} values asked in the 5 minutes before, the last at ${time(asked.lastAskedAt)}; ${how}.`
}

function sentence({ state, total, confirmed, lost, instances }: Kill): Html {
  if (total === 0) return html`<b class="ok">No server was connected.</b> Whoever starts now gets off.`
  const slowest = Math.max(0, ...instances.map((it) => it.confirmedAfterMs ?? 0))
  const counted = html`<b>${confirmed} of ${total}</b> servers have confirmed it`
  switch (state) {
    case 'verified':
      return html`<b class="ok">OFF everywhere:</b> ${counted}, the last after ${seconds(slowest)}.`
    case 'verified_except':
      return html`<b class="wait">OFF, except for what is silent:</b> ${counted}, ${lost} cannot be asked.`
    case 'timed_out':
      return html`<b class="no">Not off everywhere:</b> ${counted}. Restart or stop those that are named.`
    case 'accepted':
    case 'confirming':
      return html`<b class="wait">Confirming:</b> ${counted}…`
  }
}

function named(title: string, instances: readonly KillInstance[], state: KillInstance['state']): Html {
  const some = instances.filter((it) => it.state === state)
  if (some.length === 0) return NOTHING
  const rows = some
    .slice(0, MOST_NAMES)
    .map((it) => html`<li>${it.instanceId} <span class="dim">${it.application} · ${said(it)}</span></li>`)
  const more =
    some.length > MOST_NAMES ? html`<li class="dim">and ${some.length - MOST_NAMES} more</li>` : NOTHING
  const list = html`<ul>
    ${rows}${more}
  </ul>`
  return state === 'confirmed'
    ? html`<details>
        <summary>${title}: ${some.length}</summary>
        ${list}
      </details>`
    : html`<h2 class="${state === 'pending' ? 'wait' : 'no'}">${title}: ${some.length}</h2>
        ${list}`
}

function said({ confirmedAfterMs, lastSeenAt, edge, unreachableSince }: KillInstance): string {
  if (unreachableSince !== undefined && confirmedAfterMs === undefined)
    return `unreachable since ${time(unreachableSince)}: its edge ${edge ?? ''} is cut off and may serve on what it has`
  return confirmedAfterMs === undefined
    ? `last seen ${time(lastSeenAt)}`
    : `after ${seconds(confirmedAfterMs)}`
}

const RECOVERY = {
  watching: ['wait', 'Watching whether it helps'],
  recovered: ['ok', 'It has helped'],
  failed: ['no', 'It has not helped: somebody is paged'],
  not_measured: ['dim', 'Whether it has helped cannot be told'],
} as const

function recovery({ recovery: found }: Kill): Html {
  if (found === undefined) return NOTHING
  const [tone, words] = RECOVERY[found.state]
  return html`<h2 class="${tone}">${words}</h2>
    <p>${found.said}</p>`
}

function hasSettled({ state }: Kill): boolean {
  return state !== 'accepted' && state !== 'confirming'
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** `03:12:07 UTC`. */
function time(instant: string): string {
  return `${instant.slice(11, 19)} UTC`
}
