/** Chromium, the sizes that people look at, and a session in it: for tests, and for pictures of the console. */
import { accessSync } from 'node:fs'

import type { Client } from '@flagmarshal/api'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext } from 'playwright-core'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Sizes that people look at. */
export const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const

/** Starts Chromium. Throws, naming what installs it, where there is none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = CHROMIUM.find((it) => isThere(it))
  if (executablePath === undefined) {
    throw new Error(
      'Chromium is missing: install it with `apt-get install chromium` (Debian, Ubuntu) or as /usr/bin/chromium.',
    )
  }
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

function isThere(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}

/** The password of every person in a browser. */
const PASSWORD = 'seven grey herons at dusk'

/** A cookie as a browser is given it. */
export type Cookie = Parameters<BrowserContext['addCookies']>[0][number]

/** Invites a person, who signs in with `PASSWORD`. Answers the cookie of the session. */
export async function sessionOf(
  { admin, address }: { readonly admin: Client; readonly address: string },
  person: string,
): Promise<Cookie> {
  const made = await admin.call('createInvitation', { body: { person, expiresInHours: 1 } })
  if (!made.ok) throw new Error(`no invitation: ${made.problem.detail}`)
  const answer = await fetch(`${address}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address },
    body: JSON.stringify({ secret: made.body.link.split('#')[1] ?? '', password: PASSWORD }),
  })
  const cookie = answer.headers.get('set-cookie')
  if (answer.status !== 201 || cookie === null) throw new Error(`no session: ${await answer.text()}`)
  const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=')
  return { name, value, url: address, httpOnly: true, sameSite: 'Lax' }
}
