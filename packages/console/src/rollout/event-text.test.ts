import { expect, test } from 'vitest'

import { createEventReader } from './event-text.ts'

test('events are read across pieces, comments are passed over', () => {
  const read = createEventReader()
  expect(read(':\n\nid: d1.w2\nevent: sta')).toEqual([])
  expect(read('te\ndata: {"a":"b: c"}\n')).toEqual([])
  expect(read('\nevent: windows\ndata: 1\n\n')).toEqual([
    { event: 'state', data: '{"a":"b: c"}', id: 'd1.w2' },
    { event: 'windows', data: '1', id: undefined },
  ])
})
