/**
 * The conditions of one snapshot's flags. Many flags ask the same: equal conditions are one test, and
 * while every flag is evaluated for one context, each test is made once.
 */
import { compileCondition } from './condition.ts'
import type { ConditionParts, Test } from './condition.ts'
import type { Condition, EvaluationContext } from './model.ts'

/** Compiles conditions, and remembers their answers while it is asked to. */
export interface SharedConditions {
  /** The condition as a function. Throws an error with the reason if it is malformed. */
  readonly test: (condition: Condition) => Test
  /** Runs with each test made at most once for this context. */
  readonly during: <Result>(context: EvaluationContext, run: () => Result) => Result
}

/** No conditions yet. */
export function shareConditions(parts: ConditionParts): SharedConditions {
  const tests = new Map<string, Test>()
  /** Whose answers are remembered. Identity decides, so that an evaluation inside another one is none of it. */
  let current: EvaluationContext = NOBODY
  let turn = 0

  function remembering(test: Test): Test {
    let known = 0
    let holds = false
    return (context) => {
      if (context !== current) return test(context)
      if (known !== turn) {
        holds = test(context)
        known = turn
      }
      return holds
    }
  }

  return {
    test(condition) {
      const text = JSON.stringify(condition)
      const known = tests.get(text)
      if (known !== undefined) return known
      const test = remembering(compileCondition(condition, parts))
      tests.set(text, test)
      return test
    },
    during(context, run) {
      turn++
      current = context
      try {
        return run()
      } finally {
        current = NOBODY
      }
    },
  }
}

const NOBODY: EvaluationContext = {}
