/** Go or No-Go, by whoever may: the question, what still speaks against it, the reason in words. */
import { Button, Group, Stack, TextInput, Textarea } from '@mantine/core'
import type { ReactElement } from 'react'

import { useCarried } from '../access/carried.ts'
import { JustProved } from '../access/prove.tsx'
import { useMe } from '../access/session.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { useFeature } from './feature-layout.tsx'

type Step = Answer<'showStep'>

export function Decision({ step }: { readonly step: Step }): ReactElement | null {
  const { run } = useFeature()
  if (step.deciders.length === 0) return null
  const due = run.step === step.number && run.waitsFor === 'decision'
  const acknowledge = run.step === step.number && run.waitsFor === 'acknowledgement'
  return (
    <Card title="Decision" beside={<span className="fm-dim">{step.question}</span>}>
      <Stack gap="sm">
        <div>
          {step.deciders.map((it) => (
            <div key={it.role}>
              {it.role.replaceAll('-', ' ')}: {it.people.join(', ') || 'nobody is named'}
            </div>
          ))}
        </div>
        {due ? <Decide step={step} /> : null}
        {acknowledge ? <Acknowledge step={step} /> : null}
      </Stack>
    </Card>
  )
}

function Decide({ step }: { readonly step: Step }): ReactElement {
  const me = useMe()
  const { run } = useFeature()
  const decide = useWrite('decideStep')
  const [rationale, setRationale] = useCarried('rationale', '')
  const [unchanged, setUnchanged] = useCarried('unchanged', '')
  const [reasons, setReasons] = useCarried<Readonly<Record<string, string>>>('reasons', {})
  const mine = step.deciders.some((it) => it.people.includes(me?.id ?? ''))
  const against = step.checks.filter((it) => it.blocksGo)
  const overrides = against.flatMap(({ id }) => {
    const reason = reasons[id]?.trim() ?? ''
    return reason === '' ? [] : [{ check: id, reason }]
  })
  const params = { project: run.project, run: run.id, step: String(step.number) }
  const say = (decision: 'go' | 'no-go'): void => {
    const more = unchanged.trim() === '' ? {} : { unchangedBecause: unchanged }
    const body = { decision, rationale, overrides: decision === 'go' ? overrides : [], ...more }
    decide.mutate([{ params, body }], { onSuccess: () => setRationale('') })
  }
  const wordless = rationale.trim() === ''
  const refused = step.attempts.some((it) => it.outcome === 'no-go')
  const given = overrides.map((it) => ` --override ${quoted(`${it.check}=${it.reason}`)}`).join('')
  return (
    <>
      {against.length === 0 ? (
        <Status of="pass" word="No check speaks against a Go; they run again at the decision" />
      ) : (
        <Status of="hold" word={`${against.map((it) => it.id).join(', ')} speak against a Go`} />
      )}
      {mine && against.length > 0 ? (
        <details>
          <summary>Override what speaks against it</summary>
          <Stack gap="xs" mt="xs">
            {against.map(({ id, title }) => (
              <TextInput
                key={id}
                label={`Why ${id} is accepted`}
                description={`${title}. Your name stands for it wherever the step is shown.`}
                value={reasons[id] ?? ''}
                onChange={(event) => setReasons({ ...reasons, [id]: event.currentTarget.value })}
              />
            ))}
          </Stack>
        </details>
      ) : null}
      <Textarea
        label="Why"
        required
        disabled={!mine}
        value={rationale}
        onChange={(event) => setRationale(event.currentTarget.value)}
      />
      {refused ? (
        <TextInput
          label="Why nothing changed"
          description="Only where the output is that of the refused attempt."
          disabled={!mine}
          value={unchanged}
          onChange={(event) => setUnchanged(event.currentTarget.value)}
        />
      ) : null}
      {decide.error === null ? <JustProved of="rationale" /> : <ErrorView error={decide.error} />}
      <Group>
        <Button disabled={!mine || wordless} loading={decide.isPending} onClick={() => say('go')}>
          Go
        </Button>
        <Button
          variant="default"
          disabled={!mine || wordless}
          loading={decide.isPending}
          onClick={() => say('no-go')}
        >
          No-Go
        </Button>
        {mine ? null : <span className="fm-dim">Only those named above decide.</span>}
      </Group>
      <CopyCommand
        command={`flagmarshal feature decide ${run.feature} ${step.number} go --rationale "…"${given}`}
      />
    </>
  )
}

function Acknowledge({ step }: { readonly step: Step }): ReactElement {
  const { run } = useFeature()
  const acknowledge = useWrite('acknowledgeStep')
  const params = { project: run.project, run: run.id, step: String(step.number) }
  return (
    <>
      <p className="fm-sentence">
        The step is Go. Its validation point waits for somebody to say that it was seen.
      </p>
      {acknowledge.error === null ? null : <ErrorView error={acknowledge.error} />}
      <div>
        <Button loading={acknowledge.isPending} onClick={() => acknowledge.mutate([{ params }])}>
          Acknowledge the validation point
        </Button>
      </div>
      <CopyCommand command={`flagmarshal feature ack ${run.feature} ${step.number}`} />
    </>
  )
}
