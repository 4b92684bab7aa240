/** One required input: given as a form, accepted as it is, or agreed who gets it until when. */
import { Button, Group, Stack, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useCarried } from '../access/carried.ts'
import { itemsOf, fieldsOf, lacking, sentFields } from '../form/field.ts'
import { Fields, SuggestionsContext } from '../form/fields.tsx'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Status } from '../ui/status.tsx'
import { formOfInput, inputFields, inputOfForm } from './input-fields.ts'

import classes from './feature.module.css'

type Run = Answer<'showRun'>
type Input = Run['inputs'][number]

interface InputProps {
  readonly input: Input
  readonly run: Run
}

/** A person vouches for these: the statement is asked for with the value. */
const ATTESTED = 'P-I6'

export function InputForm({ input, run, close }: InputProps & { readonly close: () => void }): ReactElement {
  const fields = inputFields(input.id) ?? []
  const [value, setValue] = useState(() => formOfInput(input.id, input.value))
  const [word, setWord] = useState({ statement: '', reference: '' })
  const give = useWrite('provideInput')
  const lacks = [
    ...lacking(fields, value),
    ...(input.id === ATTESTED && Object.values(word).some((it) => it.trim() === '')
      ? ['What you vouch for, and where that can be read']
      : []),
  ]
  const sent = inputOfForm(input.id, sentFields(fields, value) ?? {})
  const body = { value: sent, ...(input.id === ATTESTED ? { attest: word } : {}) }
  const params = { project: run.project, run: run.id, input: input.id }
  const criteria = itemsOf(fieldsOf(run.inputs.find((it) => it.id === 'P-I1')?.value)['acceptanceCriteria'])
  const send = async (): Promise<void> => {
    const given = await give.mutateAsync([{ params, body }]).catch(() => undefined)
    if (given !== undefined) close()
  }
  return (
    <Stack gap="sm" mt="sm">
      <SuggestionsContext value={{ criteria: criteria.map(String) }}>
        <Fields fields={fields} value={value} change={setValue} />
      </SuggestionsContext>
      {input.id === ATTESTED ? (
        <>
          <Textarea
            label="What you vouch for"
            value={word.statement}
            onChange={(event) => setWord({ ...word, statement: event.currentTarget.value })}
          />
          <TextInput
            label="Where that can be read"
            value={word.reference}
            onChange={(event) => setWord({ ...word, reference: event.currentTarget.value })}
          />
        </>
      ) : null}
      {lacks.length === 0 ? null : (
        <div role="status">
          <Status of="hold" word="Still needed" /> {lacks.join(' · ')}
        </div>
      )}
      {give.error === null ? null : <ErrorView error={give.error} />}
      <Group>
        <Button disabled={lacks.length > 0} loading={give.isPending} onClick={() => void send()}>
          Give {input.id}
        </Button>
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
      </Group>
      <CopyCommand
        command={`flagmarshal feature inputs ${run.feature} --set ${input.id} --value ${quoted(JSON.stringify(sent))}${input.id === ATTESTED ? ` --statement ${quoted(word.statement)} --reference ${quoted(word.reference)}` : ''}`}
        request={`PUT /api/v1/projects/${run.project}/runs/${run.id}/inputs/${input.id} ${JSON.stringify(body)}`}
      />
    </Stack>
  )
}

/** Accept what cannot be looked at, as Technical Lead. */
export function Override({ input, run }: InputProps): ReactElement {
  const [asking, setAsking] = useCarried(`override of ${input.id}`, false)
  const override = useWrite('overrideInput')
  const params = { project: run.project, run: run.id, input: input.id }
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={() => setAsking(true)}>
        Accept it as it is…
      </Button>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`Accept ${input.id} although it cannot be looked at`}
        verb="Accept it"
        reason="Why it is accepted all the same"
        act={(reason) => override.mutateAsync([{ params, body: { reason } }])}
      >
        <p className="fm-sentence">
          {input.findings.join('; ')}. It is shown as overridden, with your name, wherever it is shown; only
          the Technical Lead may.
        </p>
        <CopyCommand command={`flagmarshal feature override ${run.feature} ${input.id} --reason "…"`} />
      </Confirm>
    </>
  )
}

/** Who gets it, and by when. */
export function Agree({ input, run }: InputProps): ReactElement {
  const [asking, setAsking] = useState(false)
  const [owner, setOwner] = useState(input.remediation.owners[0] ?? '')
  const [day, setDay] = useState(input.remediation.dueAt?.slice(0, 10) ?? '')
  const agree = useWrite('agreeRemediation')
  const params = { project: run.project, run: run.id, input: input.id }
  const whole = owner.trim() !== '' && day !== ''
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={() => setAsking(!asking)} aria-expanded={asking}>
        Agree who gets it
      </Button>
      {asking ? (
        <div className={classes['agree']}>
          <TextInput
            label="Who gets it"
            value={owner}
            onChange={(event) => setOwner(event.currentTarget.value)}
          />
          <TextInput
            label="By"
            type="date"
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
          <Button
            size="xs"
            disabled={!whole}
            loading={agree.isPending}
            onClick={() =>
              agree.mutate([{ params, body: { owner, dueAt: `${day}T12:00:00Z` } }], {
                onSuccess: () => setAsking(false),
              })
            }
          >
            Agree
          </Button>
          {agree.error === null ? null : <ErrorView error={agree.error} />}
        </div>
      ) : null}
    </>
  )
}
