/**
 * The kill page over HTTP: HTML for a phone at night, beside the API and without the console. Whoever
 * has a session with `flag:kill`, or a kill link, may turn off; nothing else is asked (J4).
 *
 * No operation of the API accepts a form; these pages do. One must carry what only its own page could know, and a browser that says where it comes from must say "here".
 */
import { randomBytes } from 'node:crypto'

import { FlagConfigPath } from '@flagmarshal/api/flag'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { permissionsOfActor } from '../access/allow.ts'
import type { Actor } from '../context.ts'
import { killFlag } from '../flag/kill.ts'
import { sha256 } from '../id.ts'
import { killFacts, listKillable } from '../kill-page/facts.ts'
import { html } from '../kill-page/html.ts'
import { openKillLink } from '../kill-page/link.ts'
import type { OpenedKillLink } from '../kill-page/link.ts'
import { killList, MOST_LISTED } from '../kill-page/list.ts'
import { killPage, plainPage } from '../kill-page/page.ts'
import { part } from '../kill-page/progress.ts'
import { sameText } from '../signature.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { isKillLinkRevoked } from '../storage/kill-links.ts'
import { readForms } from './forms.ts'
import { HttpProblem, problemAnswer } from './problems.ts'
import type { RouterParts } from './router.ts'
import type { Services } from './services.ts'
import { sessionOf } from './session-cookie.ts'

const LARGEST_FORM_BYTES = 4_096
const Query = z.object({
  t: z.string().max(1_000).optional(),
  kill: z.string().max(64).optional(),
  part: z.string().max(1).optional(),
  q: z.string().max(100).optional(),
})

/** What the pages need. */
interface KillPageParts extends Pick<RouterParts, 'authenticator' | 'log'> {
  readonly services: Services
}

/** Somebody who may look, with what proves a form of theirs. */
interface Visitor {
  readonly actor: Actor
  readonly mayKill: boolean
  readonly csrf: string
  readonly who: string
  /** What to remember of the link that opened the page. */
  readonly link?: { readonly text: string; readonly until: Date }
}

/** Registers the pages. */
export async function registerKillPages(server: FastifyInstance, parts: KillPageParts): Promise<void> {
  await server.register(async (scope) => {
    readForms(scope, LARGEST_FORM_BYTES)
    scope.setErrorHandler((error, request, reply) => sendError(parts, error, request, reply))
    const page = '/k/:project/:environment/:flag'
    scope.get('/k', { config: { operation: 'killList' } }, (request, reply) => list(parts, request, reply))
    scope.get(page, { config: { operation: 'killPage' } }, (request, reply) => show(parts, request, reply))
    scope.post(page, { config: { operation: 'killByPage' } }, (request, reply) => kill(parts, request, reply))
  })
}

async function list(
  parts: KillPageParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const actor = await signedIn(parts, request)
  if (actor === undefined) throw unknownVisitor()
  const search = Query.parse(request.query).q ?? ''
  const all = await listKillable(parts.services.database, search, MOST_LISTED + 1)
  const flags = all.filter((it) => permissionsOfActor(actor, { project: it.project }).has('flag:read'))
  const nonce = newNonce()
  return send(reply, nonce, killList(nonce, search, flags))
}

async function show(
  parts: KillPageParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const key = keyOf(request)
  const query = Query.parse(request.query)
  const [visitor] = await visitorsOf(parts, request, key)
  if (visitor === undefined) throw query.t === undefined ? unknownVisitor() : endedLink()
  const facts = await killFacts(parts.services.database, key, query.kill)
  if (isRefusal(facts)) throw missing()
  if (query.part !== undefined && facts.kill !== undefined) {
    return sendPart(request, reply, part(facts.kill).markup)
  }
  if (visitor.link !== undefined) reply.header('set-cookie', cookieOf(parts, key, visitor.link))
  const nonce = newNonce()
  const { who, mayKill, csrf } = visitor
  return send(reply, nonce, killPage({ facts, nonce, who, csrf: mayKill ? csrf : undefined }))
}

async function kill(
  parts: KillPageParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const key = keyOf(request)
  const form = request.body
  if (!(form instanceof URLSearchParams)) {
    throw new HttpProblem(415, 'no-form', 'Send the form of the page.')
  }
  const visitors = await visitorsOf(parts, request, key)
  const given = form.get('csrf') ?? ''
  const visitor = visitors.find((it) => it.mayKill && sameText(it.csrf, given))
  const site = request.headers['sec-fetch-site']
  if (visitor === undefined || (site !== undefined && site !== 'same-origin')) throw foreignForm()
  if (form.get('confirm') !== 'yes') {
    throw new HttpProblem(422, 'not-confirmed', 'It was not turned off: the confirmation was missing.')
  }
  const { actor } = visitor
  request.actor = actor
  const log = parts.log.child({ requestId: request.id })
  const context = { actor, requestId: request.id, now: request.now, log }
  const reason = form.get('reason')?.trim().slice(0, 200) ?? ''
  const killed = await killFlag(
    context,
    parts.services,
    key,
    reason === '' ? 'Turned off on the kill page' : reason,
  )
  if (isRefusal(killed)) throw missing()
  return await reply
    .code(303)
    .header('location', `${pathOf(key)}?kill=${killed.id}`)
    .send()
}

/** Who the request may be of: a person whose session may turn off comes before a link, a person who may only look after it. */
async function visitorsOf(
  parts: KillPageParts,
  request: FastifyRequest,
  key: FlagConfigKey,
): Promise<readonly Visitor[]> {
  const person = await signedIn(parts, request)
  const signed = person === undefined ? [] : [personVisitor(person, sessionIn(parts, request) ?? '', key)]
  const text = Query.parse(request.query).t ?? linkCookie(request.headers.cookie)
  const opened = text === undefined ? undefined : await linkBehind(parts, text, key, request.now)
  const linked: Visitor[] = []
  if (text !== undefined && opened !== undefined) {
    const { id, by, until } = opened
    const who = `Opened by a link that ${by} made; it ends ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC.`
    const actor = { kind: 'service', id: `kill-link/${by}`, name: `Kill link ${id}`, roles: [] } as const
    linked.push({ actor, mayKill: true, csrf: csrfOf(text, key), who, link: { text, until } })
  }
  return [...signed.filter((it) => it.mayKill), ...linked, ...signed.filter((it) => !it.mayKill)]
}

/** The link behind a text, unless it has ended or was revoked. */
async function linkBehind(
  { services: { safe, database } }: KillPageParts,
  text: string,
  key: FlagConfigKey,
  now: Date,
): Promise<OpenedKillLink | undefined> {
  const opened = openKillLink(safe, text, key, now)
  if (opened === undefined || (await isKillLinkRevoked(database.kysely, opened.id))) return undefined
  return opened
}

function personVisitor(actor: Actor, secret: string, key: FlagConfigKey): Visitor {
  const mayKill = permissionsOfActor(actor, key).has('flag:kill')
  return { actor, mayKill, csrf: csrfOf(secret, key), who: `Signed in as ${actor.name}.` }
}

async function signedIn(parts: KillPageParts, request: FastifyRequest): Promise<Actor | undefined> {
  const secret = sessionIn(parts, request)
  return secret === undefined ? undefined : await parts.authenticator.authenticateSession(secret, request.now)
}

function sessionIn({ services }: KillPageParts, { headers }: FastifyRequest): string | undefined {
  return sessionOf(headers.cookie, services.accounts.publicUrl)
}

/** Only who has the secret of the cookie can know it, and nothing follows from it. */
function csrfOf(secret: string, key: FlagConfigKey): string {
  return sha256(`kill-form ${pathOf(key)} ${secret}`)
}

function linkCookie(cookie: string | undefined): string | undefined {
  return /(?:^|;\s*)flagmarshal_kill=([\w-]{20,1000})(?:;|$)/.exec(cookie ?? '')?.[1]
}

function cookieOf(
  { services }: KillPageParts,
  key: FlagConfigKey,
  { text, until }: NonNullable<Visitor['link']>,
): string {
  const secure = services.accounts.publicUrl?.startsWith('https:') === true ? '; Secure' : ''
  return `flagmarshal_kill=${text}; Path=${pathOf(key)}; Expires=${until.toUTCString()}; HttpOnly; SameSite=Lax${secure}`
}

/** All three keys hold nothing that an address would have to encode. */
function pathOf({ project, environment, flag }: FlagConfigKey): string {
  return `/k/${project}/${environment}/${encodeURIComponent(flag)}`
}

function keyOf(request: FastifyRequest): FlagConfigKey {
  const parsed = FlagConfigPath.safeParse(request.params)
  if (!parsed.success) throw missing()
  return parsed.data
}

function newNonce(): string {
  return randomBytes(18).toString('base64url')
}

function send(reply: FastifyReply, nonce: string, page: string): FastifyReply {
  return reply
    .header('content-security-policy', policy(nonce))
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(page)
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "manifest-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The part that changes; 304 where it has not, so that waiting costs a slow network next to nothing. */
function sendPart(request: FastifyRequest, reply: FastifyReply, markup: string): FastifyReply {
  const tag = `"${sha256(markup).slice(0, 16)}"`
  reply.header('etag', tag)
  if (request.headers['if-none-match'] === tag) return reply.code(304).send()
  return reply.type('text/html; charset=utf-8').send(markup)
}

function sendError(parts: KillPageParts, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, headers, problem } = problemAnswer(error)
  if (status >= 500) parts.log.error({ err: error, requestId: request.id }, problem.detail)
  const nonce = newNonce()
  const path = request.url.split('?')[0] ?? '/k'
  const signIn = html`<p>
    <a href="/sign-in?then=${encodeURIComponent(path)}">Sign in</a>, or ask for a new link:
    <code>flagmarshal kill-link …</code>
  </p>`
  const reload = html`<p><a href="${path}">Open the page anew</a></p>`
  const away = html`<p>
    SDKs keep serving what they have. Try again; until then only the application itself can turn its feature
    off: stop it or roll its code back.
  </p>`
  const next =
    status === 401
      ? signIn
      : status >= 500
        ? html`${away}${reload}`
        : status === 404
          ? html`<p><a href="/k">What is on</a></p>`
          : reload
  reply.code(status).headers(headers)
  send(
    reply,
    nonce,
    plainPage(
      nonce,
      problem.title ?? 'This did not work',
      html`<p class="state no">${problem.detail}</p>
        ${next}
        <p class="dim">${request.id}</p>`,
    ),
  )
}

function unknownVisitor(): HttpProblem {
  return new HttpProblem(401, 'unauthenticated', 'This needs a session or a kill link.')
}

function endedLink(): HttpProblem {
  return new HttpProblem(401, 'link-ended', 'This link has ended, was revoked, or was made for another flag.')
}

function foreignForm(): HttpProblem {
  return new HttpProblem(
    403,
    'foreign-form',
    'It was not turned off: this form is not of a page that is still open.',
  )
}

function missing(): HttpProblem {
  return new HttpProblem(404, 'not-found', 'There is no such flag in this environment.')
}
