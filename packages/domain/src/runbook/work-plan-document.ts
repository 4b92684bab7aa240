/** The work plan of the run (P-PL6): never to be mixed up with the rollout plan. */
import type { DocumentFacts } from './facts.ts'
import { linesAt, rowsAt, textAt } from './facts.ts'
import type { Document } from './tree.ts'
import { fields, list, section, table, text } from './tree.ts'

export const WORK_PLAN_OUTLINE = [
  'steps',
  'dependencies',
  'procedures',
  'risks',
  'unknowns',
  'validation-points',
  'review',
] as const

export function workPlanDocument({ workPlan, feature, procedure }: DocumentFacts): Document {
  const { content } = workPlan
  const risks = rowsAt(content, 'risks').map((it) => [textAt(it, 'risk'), textAt(it, 'answer')])
  return {
    name: 'work-plan',
    title: `Work plan: ${feature.name}`,
    sections: [
      section(
        'steps',
        `Steps of ${procedure.name}, version ${procedure.version}`,
        table(
          ['Step', 'Title', 'Needs'],
          workPlan.steps.map((it) => [String(it.number), it.title, it.inputs.join(', ')]),
        ),
        text(textAt(content, 'notes') || 'There are no notes.'),
      ),
      section('dependencies', 'Dependencies', list(linesAt(content, 'dependencies'), 'There are none.')),
      section(
        'procedures',
        'Procedures that may be invoked',
        list(linesAt(content, 'procedures'), 'There are none.'),
      ),
      section('risks', 'Risks', table(['Risk', 'Answer'], risks, 'None was named.')),
      section('unknowns', 'Unknowns', list(linesAt(content, 'unknowns'), 'None was named.')),
      section(
        'validation-points',
        'Validation points',
        list(linesAt(content, 'validationPoints'), 'There are none.'),
      ),
      section(
        'review',
        'Author and review',
        fields([
          ['Authors', workPlan.authors.join(', ')],
          ['Reviewed by', workPlan.reviewer],
          ['Reviewed on', workPlan.reviewedOn],
        ]),
      ),
    ],
  }
}
