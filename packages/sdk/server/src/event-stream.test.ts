import { array, assert, constantFrom, nat, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createEventParser } from './event-stream.ts'

describe('createEventParser', () => {
  it('reads type, data and id', () => {
    const events = createEventParser()('event: patch\nid: 7\ndata: {"a":1}\n\n')
    expect(events).toEqual([{ type: 'patch', data: '{"a":1}', id: '7' }])
  })

  it('names an event without a type `message`, keeps the last id and joins data by line feeds', () => {
    const events = createEventParser()('id: 7\ndata: a\n\ndata: b\ndata:c\n\n')
    expect(events).toEqual([
      { type: 'message', data: 'a', id: '7' },
      { type: 'message', data: 'b\nc', id: '7' },
    ])
  })

  it('drops comments, events without data and unknown fields', () => {
    expect(createEventParser()(': heartbeat\n\nevent: patch\n\nretry: 5\ncolour: red\n\n')).toEqual([])
  })

  it('does not let the type of an event without data pass to the next one', () => {
    expect(createEventParser()('event: patch\n\ndata: a\n\n')[0]?.type).toBe('message')
  })

  it('takes one space after the colon away and no more', () => {
    expect(createEventParser()('data:  a \n\n')[0]?.data).toBe(' a ')
  })

  it('returns nothing for an event that is not complete', () => {
    expect(createEventParser()('data: a\n')).toEqual([])
  })

  it('reads the same events however the text is cut and whichever line ends it uses', () => {
    const text =
      ': hello\n\nevent: snapshot\nid: 1\ndata: {"flags":[]}\n\nevent: patch\nid: 2\ndata: a\ndata: b\n\n'
    const whole = createEventParser()(text)
    expect(whole).toHaveLength(2)
    assert(
      property(
        constantFrom('\n', '\r', '\r\n'),
        array(nat(text.length * 2), { maxLength: 12 }),
        (lineEnd, cuts) => {
          const sent = text.replaceAll('\n', lineEnd)
          const parse = createEventParser()
          const places = [0, ...cuts.map((cut) => cut % sent.length).toSorted((a, b) => a - b), sent.length]
          const pieces = places.map((place, index) => sent.slice(places[index - 1] ?? 0, place))
          expect(pieces.flatMap((piece) => parse(piece))).toEqual(whole)
        },
      ),
      { seed: 42, numRuns: 300 },
    )
  })
})
