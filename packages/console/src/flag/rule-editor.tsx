/** One rule: its name, whom it is about, what it serves, its place. Alt+↑ and Alt+↓ move it. */
import { conditionWords, ruleWords } from '@flagmarshal/domain/flag/words'
import { Button, TextInput } from '@mantine/core'
import type { KeyboardEvent, ReactElement } from 'react'

import { Status } from '../ui/status.tsx'
import { ConditionEditor } from './condition-editor.tsx'
import type { Rule } from './config-draft.ts'
import { ServeEditor } from './serve-editor.tsx'

import classes from './flag.module.css'

interface RuleEditorProps {
  readonly project: string
  readonly variants: readonly string[]
  readonly rule: Rule
  readonly index: number
  readonly count: number
  readonly change: (rule: Rule) => void
  readonly move: (by: -1 | 1) => void
  readonly remove: () => void
}

export function RuleEditor(props: RuleEditorProps): ReactElement {
  const { project, variants, rule, index, count, change, move, remove } = props
  const label = `rule ${index + 1}`
  if (rule.rollout !== undefined || 'exposure' in rule.serve) return <OwnedRule rule={rule} />
  const byKey = (event: KeyboardEvent): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    const by = event.key === 'ArrowUp' ? -1 : 1
    if (index + by >= 0 && index + by < count) move(by)
  }
  return (
    <li className={classes['rule']} aria-label={`${label}: ${ruleWords(rule)}`} onKeyDown={byKey}>
      <div className={classes['bar']}>
        <strong aria-hidden="true">{index + 1}</strong>
        <TextInput
          aria-label={`Name of ${label}`}
          size="xs"
          value={rule.name}
          onChange={(event) => change({ ...rule, name: event.currentTarget.value })}
        />
        <span className={classes['right']}>
          <Button
            size="compact-xs"
            variant="default"
            disabled={index === 0}
            aria-label={`Move ${label} up`}
            onClick={() => move(-1)}
          >
            ↑
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            disabled={index === count - 1}
            aria-label={`Move ${label} down`}
            onClick={() => move(1)}
          >
            ↓
          </Button>
          <Button size="compact-xs" variant="default" aria-label={`Remove ${label}`} onClick={remove}>
            Remove
          </Button>
        </span>
      </div>
      <ConditionEditor
        project={project}
        label={label}
        when={rule.when}
        change={(when) => change({ ...rule, when })}
      />
      <ServeEditor
        label={label}
        variants={variants}
        serve={rule.serve}
        change={(serve) => change({ ...rule, serve })}
      />
    </li>
  )
}

function OwnedRule({ rule }: { readonly rule: Rule }): ReactElement {
  return (
    <li className={classes['rule']}>
      <div className={classes['bar']}>
        <strong>{rule.name}</strong>
        <Status of="locked" word="Belongs to a rollout" />
      </div>
      <p className="fm-dim">
        {conditionWords(rule.when)}. The rollout moves it; it stays where it is. Publishing another change of
        this flag holds a rollout that runs.
      </p>
    </li>
  )
}
