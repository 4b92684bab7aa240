import { INPUT_VALUES } from '@flagmarshal/api/procedure-inputs'
import { STEP_OUTPUTS } from '@flagmarshal/api/procedure-outputs'
import { describe, expect, it } from 'vitest'

import { inputsOf, outputsOf } from './answers.ts'
import { FAST_SEARCH, NEW_CHECKOUT } from './features.ts'

describe.each([NEW_CHECKOUT, FAST_SEARCH])('the answers for $key', (feature) => {
  it('give every input in its shape', () => {
    const given = Object.fromEntries(inputsOf(feature).map(({ input, value }) => [input, value]))
    // P-I8 is observed: what could be given is another flag system.
    const { 'P-I8': _observed, ...schemas } = INPUT_VALUES
    expect(Object.keys(given).toSorted()).toEqual(Object.keys(schemas).toSorted())
    for (const [input, schema] of Object.entries(schemas)) schema.parse(given[input])
  })

  it('give the outcome of every step in its shape', () => {
    const people = { developer: 'devi', operationsLead: 'omar', productOwner: 'paula' }
    const outputs = outputsOf(feature, people, 1)
    for (const [place, schema] of Object.values(STEP_OUTPUTS).entries()) schema.parse(outputs[place])
    expect(outputs).toHaveLength(Object.keys(STEP_OUTPUTS).length)
  })
})
