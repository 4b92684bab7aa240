/** What most browser tests begin with, once for a file: a server, what is in it, and a Chromium that looks at it. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

import { startServer } from '../../support/server.ts'
import type { TestPerson, TestServer, TestServerOptions } from '../../support/server.ts'
import { visit, visitAs } from './browser.ts'
import type { Visit, Visitor } from './browser.ts'
import { startBrowser } from './chromium.ts'

/** What there is while the tests of a file run; earlier there is nothing, and asking for it throws. */
export interface OpenConsole<Seed> {
  readonly server: TestServer
  readonly browser: Browser
  /** What the seed made. */
  readonly seed: Seed
  /** A page in which nobody is signed in. */
  visit(options?: Visit): Promise<Visitor>
  /** A page in which this person is signed in. */
  visitAs(person: Pick<TestPerson, 'id'>, options?: Visit): Promise<Visitor>
}

/** Opens it before the first test of the file, seeded, and closes it after the last one. */
export function openConsole<Seed>(
  seed: (server: TestServer) => Promise<Seed>,
  options: TestServerOptions = {},
): OpenConsole<Seed> {
  let server: TestServer | undefined
  let browser: Browser | undefined
  let seeded: { readonly seed: Seed } | undefined
  beforeAll(async () => {
    server = await startServer(options)
    seeded = { seed: await seed(server) }
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  const open = {
    get server() {
      return there(server)
    },
    get browser() {
      return there(browser)
    },
    get seed() {
      return there(seeded).seed
    },
    visit: (how?: Visit) => visit(open.browser, open.server, how),
    visitAs: (person: Pick<TestPerson, 'id'>, how?: Visit) => visitAs(open.browser, open.server, person, how),
  }
  return open
}

function there<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('Nothing is open before the first test of the file.')
  return part
}
