import { describe, expect, it } from 'vitest'

import { EXIT } from './exit-code.ts'
import { run } from './program.ts'

describe('flagmarshal', () => {
  it('shows every noun with its purpose', async () => {
    const { code, out } = await call(['--help'])
    expect(code).toBe(EXIT.ok)
    for (const noun of ['feature', 'flag', 'gate', 'rollout', 'kill', 'audit', 'approve'])
      expect(out).toContain(noun)
  })

  it.each([
    [['no-such-thing'], 'unknown command'],
    [['kill', 'new-checkout'], '--env'],
    [['kill', 'new-checkout', '-e', 'production', '--wait', 'soon'], 'is no duration'],
    [['flag', 'list'], 'No project is named'],
    [['--server', 'not an address', 'whoami'], 'is no address of a server'],
    [['--token-file', '/does/not/exist', 'whoami'], 'cannot be read'],
    [['audit', 'verify', '--anchor', 'x'], 'is no anchor'],
    [['--project', 'shop', 'feature', 'decide', 'x', '1', 'maybe', '--rationale', 'y'], 'is no decision'],
  ])('ends %j with a usage error that says what is wrong', async (args, message) => {
    const { code, err } = await call(args)
    expect(err).toContain(message)
    expect(code).toBe(EXIT.usage)
  })

  it('refuses a FLAGMARSHAL_ name that no program knows and names the nearest one', async () => {
    const { code, err } = await call(['whoami'], { FLAGMARSHAL_TOKN: 'x' })
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('Did you mean FLAGMARSHAL_TOKEN?')
  })

  it('says that the server cannot be reached, and exits 1', async () => {
    const { code, err } = await call(['--server', 'http://127.0.0.1:9', 'whoami'])
    expect(code).toBe(EXIT.unexpected)
    expect(err).toContain('cannot be reached')
    expect(err).toContain('→ Check the address')
  })
})

async function call(args: readonly string[], env: Record<string, string> = {}) {
  const said = { out: '', err: '' }
  const code = await run(args, env, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    colour: false,
    terminal: false,
  })
  return { code, ...said }
}
