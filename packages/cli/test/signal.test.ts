/** P-O2 by command line: channels, deliveries, systems that send, and reports. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { ADMIN_TOKEN, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { setStage } from '../../server/test/support/procedure.ts'
import { startReceiver, status } from '../../server/test/support/receiver.ts'
import { SECRET } from '../../server/test/support/signals.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  await setStage(server, 'shop')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-cli-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function call(...args: readonly string[]) {
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: 'shop',
  })
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await call(...args)
  expect([args, code, err]).toEqual([args, EXIT.ok, expect.any(String)])
  return out
}

it('P-O2 a channel is created with a secret from a file, gets a report, and its delivery is replayed', async () => {
  await using receiver = await startReceiver(status(500))
  const secret = path.join(folder, 'secret')
  await writeFile(secret, `${SECRET}\n`)
  const kind = ['--kind', 'webhook', '--setting', `url=${receiver.url}`, '--secret-file', secret]
  await succeed('channel', 'create', 'hook', ...kind, '--subscribe', 'dev.flagmarshal.report.*')
  expect(await succeed('channel', 'list')).toMatch(/hook +webhook +active +dev\.flagmarshal\.report\.\*/)

  const what = ['--kind', 'complaint', '--severity', 'major', '--text', 'It is slow.']
  await succeed('feature', 'report', 'new-checkout', ...what)
  expect(await succeed('feature', 'reports', 'new-checkout', '--open')).toContain('It is slow.')
  await receiver.until(1)
  receiver.answer(status(204))
  const listed = JSON.parse(await succeed('--json', 'delivery', 'list', '--channel', 'hook'))
  await succeed('delivery', 'replay', listed.result[0].id)
  await receiver.until(2)
  const [first, second] = receiver.received.map((one) => one.headers['webhook-id'])
  expect(second).toBe(first)

  expect(await succeed('channel', 'disable', 'hook')).toContain('disabled')
  expect(await succeed('channel', 'enable', 'hook', '--secret-file', secret)).toContain('active')
  await succeed('channel', 'delete', 'hook')
  expect(await succeed('channel', 'list')).toContain('Nothing here yet.')
})

it('mail takes lists and numbers as settings; what cannot be is named', async () => {
  const settings = ['host=mail.example', 'port=25', 'security=none', 'from=a@b.example', 'to=["c@d.example"]']
  const given = settings.flatMap((one) => ['--setting', one])
  await succeed('channel', 'create', 'mail', '--kind', 'mail', ...given)
  const wrong = await call('channel', 'create', 'bad', '--kind', 'webhook', '--setting', 'url=ftp://x')
  expect(wrong.code).not.toBe(EXIT.ok)
  expect(wrong.err).toContain('/settings/url')
})

it('P-T1 a system that sends gets a secret that is shown once', async () => {
  expect(await succeed('-q', 'inbound', 'create', 'ci')).toMatch(/^whsec_/)
  const listed = await succeed('inbound', 'list')
  expect(listed).toContain('ci')
  expect(listed).not.toContain('whsec_')
  await succeed('inbound', 'delete', 'ci')
})

it('a report is resolved with a reason', async () => {
  const what = ['--kind', 'feedback', '--severity', 'minor', '--text', 'Lovely.', '--positive']
  const made = JSON.parse(await succeed('--json', 'feature', 'report', 'new-checkout', ...what)).result
  expect(made.positive).toBe(true)
  expect(await succeed('feature', 'resolve-report', made.id, '--reason', 'Thanked.')).toContain('resolved')
})
