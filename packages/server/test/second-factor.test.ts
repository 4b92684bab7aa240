/** The second factor, step-up before signatures, open sessions, and lost passwords. */
import type { OperationId } from '@flagmarshal/api'
import type { Role } from '@flagmarshal/domain/access/permission'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { codeOf, stepAt } from '../src/access/totp.ts'
import { startMail } from './support/mail.ts'
import type { MailServer } from './support/mail.ts'
import { askForApproval, goThrough, openRun, prepareStep, setStage } from './support/procedure.ts'
import { join, PASSWORD, sendTo } from './support/sessions.ts'
import type { Sent } from './support/sessions.ts'

let server: TestServer
let mail: MailServer

const send = (id: OperationId, sent: Sent = {}) => sendTo(server.address, id, sent)

beforeAll(async () => {
  mail = await startMail()
  server = await startServer({
    settings: {
      FLAGMARSHAL_MAIL_URL: `smtp+plain://127.0.0.1:${mail.port}`,
      FLAGMARSHAL_MAIL_FROM: 'flags@shop.example',
      FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
      FLAGMARSHAL_PUBLIC_URL: 'http://flags.shop.example',
    },
  })
})
afterAll(async () => {
  await server.close()
  await mail[Symbol.asyncDispose]()
})

async function query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows
  } finally {
    await client.end()
  }
}

/** An authenticator app: each code is a later one, and counts as not yet used. */
async function app(person: string, secret: string): Promise<() => Promise<string>> {
  const bytes = fromBase32(secret)
  return async () => {
    await query('update second_factors set last_step = 0 where person = $1', [person])
    return codeOf(bytes, stepAt(new Date()))
  }
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (it) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(it).toString(2).padStart(5, '0'),
  )
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((it) => Number.parseInt(it, 2)))
}

/** Somebody with a second factor. */
async function withFactor(id: string, roles: readonly Role[]) {
  const cookie = await join(server, id, roles)
  return { id, cookie, ...(await enrol(id, cookie)) }
}

async function enrol(id: string, cookie: string) {
  const begun = await send('enrolSecondFactor', { cookie, body: { password: PASSWORD } })
  expect(begun.status).toBe(201)
  const secret = String(begun.json['secret'])
  const code = await app(id, secret)
  const confirmed = await send('confirmSecondFactor', { cookie, body: { code: await code() } })
  expect(confirmed.status).toBe(200)
  return { code, secret, recoveryCodes: confirmed.json['recoveryCodes'] as string[] }
}

describe('a second factor', () => {
  test('is begun with the password, confirmed with a code, and its secret is stored sealed', async () => {
    const cookie = await join(server, 'ann', ['viewer'])
    const wrong = await send('enrolSecondFactor', { cookie, body: { password: 'not the one' } })
    expect(wrong).toMatchObject({ status: 422, json: { code: 'password-wrong' } })
    const { secret, recoveryCodes } = await enrol('ann', cookie)
    expect(recoveryCodes).toHaveLength(10)
    expect(await send('showSecondFactor', { cookie })).toMatchObject({
      json: { state: 'on', recoveryCodesLeft: 10 },
    })
    const again = await send('enrolSecondFactor', { cookie, body: { password: PASSWORD } })
    expect(again).toMatchObject({ status: 409, json: { code: 'second-factor-on' } })
    const stored = JSON.stringify([
      ...(await query('select * from second_factors')),
      ...(await query('select * from recovery_codes')),
      ...(await query('select * from audit_entries')),
    ])
    for (const it of [secret, fromBase32(secret).toString('base64'), ...recoveryCodes]) {
      expect(stored).not.toContain(it)
    }
  })

  test('one that was not confirmed asks for nothing', async () => {
    const cookie = await join(server, 'una', ['viewer'])
    expect((await send('enrolSecondFactor', { cookie, body: { password: PASSWORD } })).status).toBe(201)
    expect((await send('signIn', { body: { person: 'una', password: PASSWORD } })).status).toBe(201)
  })

  test('is asked for at sign-in, and no code opens twice', async () => {
    const { code } = await withFactor('bea', ['viewer'])
    const body = { person: 'bea', password: PASSWORD }
    expect(await send('signIn', { body })).toMatchObject({
      status: 401,
      json: { code: 'second-factor-needed' },
    })
    const wrongPassword = await send('signIn', { body: { ...body, password: 'no', code: await code() } })
    expect(wrongPassword.json).toMatchObject({ code: 'sign-in-refused' })
    const once = await code()
    expect((await send('signIn', { body: { ...body, code: once } })).status).toBe(201)
    const replayed = await send('signIn', { body: { ...body, code: once } })
    expect(replayed).toMatchObject({ status: 422, json: { code: 'code-wrong' } })
  })

  test('two requests with one code: one of them gets in', async () => {
    const { code } = await withFactor('dot', ['viewer'])
    const body = { person: 'dot', password: PASSWORD, code: await code() }
    const both = await Promise.all([send('signIn', { body }), send('signIn', { body })])
    expect(both.map((it) => it.status).toSorted((a, b) => a - b)).toEqual([201, 422])
  })

  test('a recovery code stands in for it once', async () => {
    const { recoveryCodes } = await withFactor('cleo', ['viewer'])
    const body = { person: 'cleo', password: PASSWORD, code: recoveryCodes[3] }
    expect((await send('signIn', { body })).status).toBe(201)
    expect((await send('signIn', { body })).json).toMatchObject({ code: 'code-wrong' })
  })

  test('guessing codes closes the account for a while', async () => {
    await withFactor('gil', ['viewer'])
    const answers = []
    for (let i = 0; i < 11; i++) {
      answers.push(await send('signIn', { body: { person: 'gil', password: PASSWORD, code: '000000' } }))
    }
    expect(answers.at(-1)).toMatchObject({ status: 429, json: { code: 'too-many-attempts' } })
  })

  test('the password gives back no attempt at its codes', async () => {
    const { cookie, code } = await withFactor('val', ['viewer'])
    const prove = async (body: object) => (await send('prove', { cookie, body })).status
    for (let i = 0; i < 9; i++) {
      expect(await prove({ code: '000000' })).toBe(422)
      expect(await prove({ password: PASSWORD })).toBe(200)
    }
    expect(await prove({ code: '000000' })).toBe(422)
    expect(await prove({ code: await code() })).toBe(429)
  })

  test('an invitation to choose a new password does not lead around it', async () => {
    const { id, code } = await withFactor('eli', ['viewer'])
    const made = expectOk(
      await server.admin.call('createInvitation', { body: { person: id, expiresInHours: 1 } }),
    )
    const body = { secret: made.link.split('#')[1], password: 'another good long one' }
    expect((await send('acceptInvitation', { body })).json).toMatchObject({ code: 'second-factor-needed' })
    expect((await send('acceptInvitation', { body: { ...body, code: await code() } })).status).toBe(201)
  })

  test('is removed with a code of it, or by an administrator for somebody who has lost it', async () => {
    const fay = await withFactor('fay', ['viewer'])
    const removed = await send('removeSecondFactor', { cookie: fay.cookie, body: { code: await fay.code() } })
    expect(removed.status).toBe(204)
    expect((await send('signIn', { body: { person: 'fay', password: PASSWORD } })).status).toBe(201)

    const hal = await withFactor('hal', ['viewer'])
    const params = { person: 'hal' }
    const { client } = await server.person('technical-lead')
    expect(expectProblem(await client.call('resetSecondFactor', { params })).status).toBe(403)
    expectOk(await server.admin.call('resetSecondFactor', { params }))
    await expect.poll(async () => (await send('whoAmI', { cookie: hal.cookie })).status).toBe(401)
    expect((await send('signIn', { body: { person: 'hal', password: PASSWORD } })).status).toBe(201)
    const { items } = expectOk(
      await server.admin.call('listInstallationAudit', { query: { kind: 'person' } }),
    )
    expect(items.map((it) => it.action)).toContain('second-factor.reset')
  })
})

describe('step-up: a signature where the policy asks for a fresh second factor', () => {
  test('Go, override, breaking the glass and approval are refused without one, taken with one, and say so', async () => {
    const stage = await setStage(server, 'stepup')
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5]) await goThrough(stage, run, step)
    await prepareStep(stage, run, 6)
    const params = { project: 'stepup', run }
    const { revision } = expectOk(await server.admin.call('showPolicy', { params }))
    const policy = { signatures: { proof: 'second-factor' as const, minutes: 5 } }
    expectOk(await server.admin.call('writePolicy', { params, body: policy, ifMatch: revision }))

    const go = { decision: 'go' as const, rationale: 'good' }
    const decide = async () =>
      await stage.technicalLead.client.call('decideStep', { params: { ...params, step: 6 }, body: go })
    expect(expectProblem(await decide())).toMatchObject({ status: 403, code: 'proof-needed' })
    const glass = { reason: 'an emergency', minutes: 5 }
    const broken = await stage.operationsLead.client.call('breakGlass', {
      params: { project: 'stepup', feature: stage.feature },
      body: glass,
    })
    expect(expectProblem(broken).code).toBe('proof-needed')

    // The factor is set up in the browser; the proof is kept with the token of the command line.
    const lead = stage.technicalLead
    const link = expectOk(
      await server.admin.call('createInvitation', { body: { person: lead.id, expiresInHours: 1 } }),
    ).link
    const joined = await send('acceptInvitation', {
      body: { secret: link.split('#')[1], password: PASSWORD },
    })
    const { code, recoveryCodes } = await enrol(lead.id, joined.cookie ?? '')
    expect(expectProblem(await lead.client.call('prove', { body: { code: '000000' } })).code).toBe(
      'code-wrong',
    )
    expect(expectOk(await lead.client.call('prove', { body: { password: PASSWORD } })).method).toBe(
      'password',
    )
    expect(expectProblem(await decide()).code).toBe('proof-needed')
    expect(expectOk(await lead.client.call('prove', { body: { code: await code() } })).method).toBe('totp')
    expectOk(await decide())
    const at = { ...params, step: 6 }
    const { attempts } = expectOk(await lead.client.call('showStep', { params: at }))
    expect(attempts.at(-1)?.decisions.map((it) => it.proof)).toEqual(['totp'])
    expectOk(await lead.client.call('acknowledgeStep', { params: at }))

    await askForApproval(stage, run)
    const { approvalRequest } = expectOk(await lead.client.call('showRun', { params }))
    const approve = async () =>
      await lead.client.call('approveRun', {
        params,
        body: { role: 'technical-lead', bundleHash: approvalRequest?.bundleHash ?? '' },
      })
    await query("update tokens set proved_at = now() - interval '6 minutes' where person = $1", [lead.id])
    expect(expectProblem(await approve()).code, 'six minutes are too old').toBe('proof-needed')
    expectOk(await lead.client.call('prove', { body: { code: recoveryCodes[0] ?? '' } }))
    const { approvals } = expectOk(await approve())
    expect(approvals.find((it) => it.role === 'technical-lead')?.proof).toBe('recovery-code')
    expect(expectOk(await server.admin.call('verifyAudit', { params })).ok).toBe(true)
  })

  test('a token that belongs to nobody proves nothing', async () => {
    const refused = await server.admin.call('prove', { body: { password: PASSWORD } })
    expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'person-needed' })
  })
})

describe('open sessions', () => {
  test('R15 are listed with where they came from, ended one by one, and everywhere at once', async () => {
    const first = await join(server, 'sue', ['viewer'])
    const second = (await send('signIn', { body: { person: 'sue', password: PASSWORD } })).cookie ?? ''
    const third = (await send('signIn', { body: { person: 'sue', password: PASSWORD } })).cookie ?? ''
    const { json } = await send('listSessions', { cookie: third })
    const items = json['items'] as { id: string; own: boolean; address: string; browser: string }[]
    expect(items.map((it) => it.own)).toEqual([true, false, false])
    expect(items[0]).toMatchObject({ address: '127.0.0.1', browser: expect.stringContaining('node') })

    const path = `/api/v1/account/sessions/${items[2]?.id ?? ''}`
    expect((await send('endSession', { cookie: third, path })).status).toBe(204)
    await expect.poll(async () => (await send('whoAmI', { cookie: first })).status).toBe(401)
    expect((await send('whoAmI', { cookie: second })).status).toBe(200)

    const stranger = await join(server, 'tom', ['viewer'])
    const foreign = `/api/v1/account/sessions/${items[1]?.id ?? ''}`
    expect((await send('endSession', { cookie: stranger, path: foreign })).status).toBe(404)

    const all = await send('endSessions', { cookie: third })
    expect(all).toMatchObject({ status: 200, json: { ended: 2 } })
    expect(all.set).toContain('Max-Age=0')
    for (const cookie of [second, third]) {
      await expect.poll(async () => (await send('whoAmI', { cookie })).status).toBe(401)
    }
    expect((await send('whoAmI', { cookie: stranger })).status).toBe(200)
    expect(expectOk(await server.admin.call('endSessionsOf', { params: { person: 'tom' } })).ended).toBe(1)
  })
})

describe('a lost password', () => {
  const linkIn = (text: string) =>
    /http:\/\/flags\.shop\.example\/invitation#([\w-]+)/.exec(text.replaceAll(/=\r?\n/g, ''))?.[1]
  const mailsTo = (to: string) => mail.mails.filter((it) => it.to.includes(to))

  test('is replaced by a link in a mail: good once, ends all sessions, only the newest counts', async () => {
    expectOk(
      await server.admin.call('createPerson', {
        body: { id: 'mia', name: 'Mia', email: 'mia@shop.example', roles: ['viewer'] },
      }),
    )
    const ask = async (person: string) => await send('askForReset', { body: { person } })
    expect((await ask('mia')).status).toBe(202)
    await expect.poll(() => mailsTo('mia@shop.example').length).toBe(1)
    expect((await ask('MIA@shop.example')).status).toBe(202)
    await expect.poll(() => mailsTo('mia@shop.example').length).toBe(2)
    const [older, newer] = mailsTo('mia@shop.example').map((it) => linkIn(it.text))
    const accept = async (secret: string | undefined, password = PASSWORD) =>
      await send('acceptInvitation', { body: { secret, password } })
    expect((await accept(older)).json).toMatchObject({ code: 'link-refused' })
    const entered = await accept(newer)
    expect(entered.status).toBe(201)
    expect((await accept(newer)).json).toMatchObject({ code: 'link-refused' })

    await ask('mia')
    await expect.poll(() => mailsTo('mia@shop.example').length).toBe(3)
    const last = linkIn(mailsTo('mia@shop.example')[2]?.text ?? '')
    expect((await accept(last, 'a completely other sentence')).status).toBe(201)
    await expect.poll(async () => (await send('whoAmI', { cookie: entered.cookie })).status).toBe(401)
    expect((await send('signIn', { body: { person: 'mia', password: PASSWORD } })).status).toBe(401)
  })

  test('asking tells nobody who is known here, and is limited', async () => {
    const body = { id: 'ned', name: 'Ned', email: 'ned@shop.example', roles: ['viewer' as const] }
    expectOk(await server.admin.call('createPerson', { body }))
    const known = await send('askForReset', { body: { person: 'ned' } })
    const unknown = await send('askForReset', { body: { person: 'nobody-here' } })
    expect({ status: known.status, json: known.json }).toEqual({ status: unknown.status, json: unknown.json })
    for (const person of ['ned', 'nobody-here']) {
      const statuses = []
      for (let i = 0; i < 3; i++) statuses.push((await send('askForReset', { body: { person } })).status)
      expect(statuses, person).toEqual([202, 202, 429])
    }
  })
})
