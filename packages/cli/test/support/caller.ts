/** The command line as somebody of a test calls it. */
import { expect } from 'vitest'

import { ADMIN_TOKEN } from '../../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../../tests/support/server.ts'
import { EXIT } from '../../src/exit-code.ts'
import type { ExitCode } from '../../src/exit-code.ts'
import { flagmarshal } from './program.ts'
import type { Ended } from './shell.ts'

export interface Caller {
  /** Whatever comes of it. */
  call(...args: readonly string[]): Promise<Ended>
  /** What a command that must succeed prints. */
  said(...args: readonly string[]): Promise<string>
  /** The result of one that must succeed, as JSON; the test says what it looks like. */
  json<T = unknown>(...args: readonly string[]): Promise<T>
  /** What one that must end so says on stderr and stdout. */
  ends(code: ExitCode, ...args: readonly string[]): Promise<string>
}

/** Calls as a person, or as the administrator. */
export function callerOf(server: Pick<TestServer, 'address'>, project: string, by?: TestPerson): Caller {
  const env = {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: by?.token ?? ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: project,
  }
  const call = (...args: readonly string[]) => flagmarshal(args, env)
  const ends = async (expected: ExitCode, ...args: readonly string[]) => {
    const { code, out, err } = await call(...args)
    expect(code, `${args.join(' ')}\n${err}${out}`).toBe(expected)
    return `${err}${out}`
  }
  const said = async (...args: readonly string[]) => {
    const { code, out, err } = await call(...args)
    expect(code, `${args.join(' ')}\n${err}${out}`).toBe(EXIT.ok)
    return out
  }
  return { call, said, ends, json: async (...args) => JSON.parse(await said('--json', ...args)).result }
}
