/** Whom a rule is about: tests in a form, or, for what a form cannot show, JSON. */
import { conditionWords } from '@flagmarshal/domain/flag/words'
import { Button, Checkbox, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import type { Condition } from './config-draft.ts'
import { isObject, JsonField } from './json-field.tsx'
import { conditionOf, NEW_TEST, OPS, simpleOf, takesNumber, takesOneText } from './simple-condition.ts'
import type { SimpleCondition, Test } from './simple-condition.ts'

import classes from './flag.module.css'

interface ConditionEditorProps {
  readonly project: string
  /** What it is the condition of, like `rule 1`. */
  readonly label: string
  readonly when: Condition
  readonly change: (when: Condition) => void
}

export function ConditionEditor(props: ConditionEditorProps): ReactElement {
  const { label, when, change } = props
  const simple = simpleOf(when)
  const [asJson, setAsJson] = useState(false)
  const json = asJson || simple === undefined
  return (
    <div className={classes['condition']}>
      <div className={classes['bar']}>
        <span>{conditionWords(when)}</span>
        {simple === undefined ? null : (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={`${json ? 'Show the form' : 'Write JSON'} for the condition of ${label}`}
            onClick={() => setAsJson(!asJson)}
          >
            {json ? 'form' : 'JSON'}
          </Button>
        )}
      </div>
      {json ? (
        <JsonField<Condition>
          quiet
          label={`Condition of ${label} as JSON`}
          value={when}
          read={readCondition}
          change={change}
        />
      ) : (
        <Form {...props} simple={simple} />
      )}
    </div>
  )
}

function Form({
  project,
  label,
  simple,
  change,
}: ConditionEditorProps & { readonly simple: SimpleCondition }): ReactElement {
  const segments = useRead('listSegments', { params: { project } })
  const keys = (segments.data?.items ?? []).map((it) => it.key)
  const { join, tests } = simple
  const set = (fields: Partial<SimpleCondition>): void => change(conditionOf({ ...simple, ...fields }))
  return (
    <>
      {tests.length > 1 ? (
        <Select
          aria-label={`How the tests of ${label} go together`}
          size="xs"
          w={160}
          allowDeselect={false}
          data={[
            { value: 'all', label: 'all of these hold' },
            { value: 'any', label: 'one of these holds' },
          ]}
          value={join}
          onChange={(it) => set({ join: it === 'any' ? 'any' : 'all' })}
        />
      ) : null}
      {tests.map((test, index) => (
        <TestEditor
          // A test has nothing of its own that stays; its place is what it is known by.
          key={`${index} ${tests.length}`}
          label={`test ${index + 1} of ${label}`}
          test={test}
          segments={keys}
          change={(next) => set({ tests: tests.with(index, next) })}
          remove={() => set({ tests: tests.toSpliced(index, 1) })}
        />
      ))}
      <div className={classes['bar']}>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Add a test to ${label}`}
          onClick={() => set({ tests: [...tests, NEW_TEST] })}
        >
          Add a test
        </Button>
        {keys[0] === undefined ? null : (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Add a segment to ${label}`}
            onClick={() => set({ tests: [...tests, { ...NEW_TEST, kind: 'segment', name: keys[0] ?? '' }] })}
          >
            Add a segment
          </Button>
        )}
      </div>
    </>
  )
}

interface TestEditorProps {
  readonly label: string
  readonly test: Test
  readonly segments: readonly string[]
  readonly change: (test: Test) => void
  readonly remove: () => void
}

function TestEditor({ label, test, segments, change, remove }: TestEditorProps): ReactElement {
  const set = (fields: Partial<Test>): void => change({ ...test, ...fields })
  return (
    <div className={classes['test']}>
      <Checkbox
        label="not"
        size="xs"
        aria-label={`Not ${label}`}
        checked={test.negated}
        onChange={(event) => set({ negated: event.currentTarget.checked })}
      />
      {test.kind === 'segment' ? (
        <Select
          aria-label={`Segment of ${label}`}
          size="xs"
          searchable
          allowDeselect={false}
          data={[...new Set([...segments, test.name])]}
          value={test.name}
          onChange={(it) => set({ name: it ?? test.name })}
        />
      ) : (
        <AttributeTest label={label} test={test} set={set} />
      )}
      <Button size="compact-xs" variant="subtle" aria-label={`Remove ${label}`} onClick={remove}>
        remove
      </Button>
    </div>
  )
}

interface AttributeTestProps {
  readonly label: string
  readonly test: Test
  readonly set: (fields: Partial<Test>) => void
}

function AttributeTest({ label, test, set }: AttributeTestProps): ReactElement {
  return (
    <>
      <TextInput
        aria-label={`Attribute of ${label}`}
        size="xs"
        w={120}
        value={test.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={`Operator of ${label}`}
        size="xs"
        w={120}
        allowDeselect={false}
        data={[...OPS]}
        value={test.op}
        onChange={(it) =>
          set({ op: it ?? test.op, ...(takesNumber(it ?? test.op) ? { values: ['0'] } : {}) })
        }
      />
      {test.op === 'exists' ? null : takesNumber(test.op) ? (
        <NumberInput
          aria-label={`Number of ${label}`}
          size="xs"
          w={110}
          value={Number(test.values[0] ?? 0)}
          onChange={(it) => set({ values: [String(it)] })}
        />
      ) : takesOneText(test.op) ? (
        <TextInput
          aria-label={`Value of ${label}`}
          size="xs"
          w={180}
          placeholder={test.op.startsWith('version-') ? '1.2.0' : '2026-01-31T12:00:00Z'}
          value={test.values[0] ?? ''}
          onChange={(event) => set({ values: [event.currentTarget.value] })}
        />
      ) : (
        <TagsInput
          aria-label={`Values of ${label}`}
          size="xs"
          className={classes['values'] ?? ''}
          placeholder="Type one, then Enter"
          acceptValueOnBlur
          value={[...test.values]}
          onChange={(values) => set({ values })}
        />
      )}
    </>
  )
}

/** Its details are the server's to judge, when reach is asked for. */
function readCondition(json: unknown): Condition | string {
  const looksRight =
    isObject(json) && ['all', 'any', 'not', 'segment', 'jsonLogic', 'op'].some((key) => key in json)
  return looksRight ? (json as Condition) : 'A condition has all, any, not, segment, or attribute and op.'
}
