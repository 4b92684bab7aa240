import { refuse } from '@flagmarshal/domain/refusal'
import { describe, expect, it } from 'vitest'

import { createAttemptLimit } from './attempt-limit.ts'
import { attempt, blockOf } from './attempts.ts'

describe('what an address counts as', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['no address', 'no address'],
  ])('%s', (address, block) => {
    expect(blockOf(address)).toBe(block)
  })
})

describe('attempts', () => {
  const now = new Date(0)
  const wrong = async () => refuse('wrong', 'Wrong.', 'Try again.')
  const right = async () => 'right' as const
  const limits = () => ({ account: createAttemptLimit(3, 60_000), address: createAttemptLimit(100, 60_000) })

  it('of one factor that succeed give back none at the other; only all that is asked for does', async () => {
    const by = { limits: limits(), account: 'ada', address: 'a', now }
    await attempt(by, ['wrong'], wrong)
    await attempt(by, ['wrong'], wrong)
    expect(await attempt(by, ['wrong'], right)).toBe('right')
    await attempt(by, ['wrong'], wrong)
    expect(await attempt(by, ['wrong'], right)).toMatchObject({ code: 'too-many-attempts' })

    const anew = { ...by, limits: limits(), whole: true } as const
    await attempt(anew, ['wrong'], wrong)
    await attempt(anew, ['wrong'], wrong)
    await attempt(anew, ['wrong'], right)
    await attempt(anew, ['wrong'], wrong)
    expect(await attempt(anew, ['wrong'], right)).toBe('right')
  })

  it('from a thousand addresses of one IPv6 network are those of one', async () => {
    const by = { limits: limits(), account: undefined, now }
    for (let i = 0; i < 100; i++)
      await attempt({ ...by, address: `2001:db8::${i.toString(16)}` }, ['wrong'], wrong)
    expect(await attempt({ ...by, address: '2001:db8::ffff' }, ['wrong'], right)).toMatchObject({
      code: 'too-many-attempts',
    })
    expect(await attempt({ ...by, address: '2001:db8:0:1::1' }, ['wrong'], right)).toBe('right')
  })
})
