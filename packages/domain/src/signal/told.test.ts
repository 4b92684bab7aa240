import { expect, it } from 'vitest'

import { toldOf } from './told.ts'
import type { TellingDelivery } from './told.ts'

const hook: TellingDelivery = { id: 'd1', channel: 'hook', state: 'delivered', evidence: 'e1' }
const toAda: TellingDelivery = {
  id: 'd2',
  channel: 'post',
  recipient: 'ada',
  state: 'dead',
  why: 'no such box',
}

it('P-EX4 says of each name what became of telling it', () => {
  expect(toldOf(['ada', 'grace'], [hook, toAda])).toEqual([
    { name: 'ada', state: 'failed', how: 'personal', channels: ['post'], why: 'no such box', evidence: [] },
    { name: 'grace', state: 'delivered', how: 'shared', channels: ['hook'], evidence: ['e1'] },
  ])
})

it('P-EX4 says that nobody was told where no channel takes it', () => {
  expect(toldOf(['ada'], [])).toEqual([
    { name: 'ada', state: 'nobody', how: 'none', channels: [], evidence: [] },
  ])
})

it('P-EX4 waits for a message that is on its way and counts one that arrived', () => {
  const [waiting] = toldOf(
    ['grace'],
    [
      { ...hook, state: 'waiting' },
      { ...hook, state: 'dropped' },
    ],
  )
  expect(waiting?.state).toBe('waiting')
  const [arrived] = toldOf(['grace'], [{ ...hook, state: 'waiting' }, hook])
  expect(arrived?.state).toBe('delivered')
})
