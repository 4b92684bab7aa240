/**
 * The increments of a stage on a line from 0 to 100 %: each a handle that is dragged, or moved with
 * the arrow keys. Percent and expected users are written below it; nothing is told by place alone.
 */
import { Button } from '@mantine/core'
import { useRef } from 'react'
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'

import { addIncrement, removeIncrement, setIncrement } from './plan-draft.ts'

import classes from './plan.module.css'

interface IncrementsProps {
  readonly stage: string
  readonly increments: readonly number[]
  readonly change: (increments: number[]) => void
  /** Whom an increment reaches, in words. */
  readonly reach: (index: number) => string
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
}

export function Increments({ stage, increments, change, reach }: IncrementsProps): ReactElement {
  const track = useRef<HTMLDivElement>(null)
  const percentAt = (event: PointerEvent): number => {
    const box = track.current?.getBoundingClientRect()
    return box === undefined || box.width === 0 ? 0 : (100 * (event.clientX - box.left)) / box.width
  }
  const press = (event: KeyboardEvent, index: number): void => {
    const percent = increments[index] ?? 0
    const step = STEPS[event.key]
    if (event.key === 'Delete' || event.key === 'Backspace') change(removeIncrement(increments, index))
    else if (event.key === 'Home') change(setIncrement(increments, index, 0))
    else if (event.key === 'End') change(setIncrement(increments, index, 100))
    else if (step !== undefined)
      change(setIncrement(increments, index, percent + step * (event.shiftKey ? 5 : 1)))
    else return
    event.preventDefault()
  }
  return (
    <div>
      <div className={classes['track']} ref={track}>
        {increments.map((percent, index) => (
          <div
            // A handle keeps its place in the row while its percent changes.
            key={index}
            role="slider"
            tabIndex={0}
            className={classes['handle']}
            style={{ insetInlineStart: `${percent}%` }}
            aria-label={`Increment ${index + 1} of ${stage}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
            aria-valuetext={`${percent} %, ${reach(index)}`}
            onKeyDown={(event) => press(event, index)}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={(event) => {
              if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
              change(setIncrement(increments, index, percentAt(event)))
            }}
          >
            <span className={classes['knob']} />
          </div>
        ))}
      </div>
      <ol className={classes['increments']}>
        {increments.map((percent, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- an increment has no other name
          <li key={index}>
            <strong>{percent} %</strong> <span className="fm-dim">{reach(index)}</span>
            {increments.length < 2 ? null : (
              <Button
                variant="subtle"
                size="compact-xs"
                aria-label={`Remove increment ${index + 1} (${percent} %) of ${stage}`}
                onClick={() => change(removeIncrement(increments, index))}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
        <li>
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Add an increment to ${stage}`}
            onClick={() => change(addIncrement(increments))}
          >
            Add
          </Button>
        </li>
      </ol>
      <p className={classes['hint']}>
        Drag a handle, or move it with the arrow keys (Page Up and Down by ten, Delete removes it).
      </p>
    </div>
  )
}
