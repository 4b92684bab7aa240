/** The sections of the settings: those of a project, and those of the whole installation. */
import { paths } from '../paths.ts'

export interface Section {
  readonly word: string
  /** What is settled there. */
  readonly says: string
  readonly to: string
}

/** What a project settles for itself. */
export function projectSections(project: string): readonly Section[] {
  return [
    {
      word: 'Environments and keys',
      says: 'Where flags are served, and the keys that applications connect with.',
      to: paths.environments(project),
    },
    {
      word: 'Channels',
      says: 'Who hears of what happens: webhook, Slack, Jira, PagerDuty, mail.',
      to: paths.channels(project),
    },
    {
      word: 'Connections',
      says: 'Where metrics are read, alerts go and dashboards hang.',
      to: paths.connections(project),
    },
    {
      word: 'Documentation',
      says: 'The repository that the documents of a run are published to.',
      to: paths.documentation(project),
    },
    {
      word: 'Policy',
      says: 'Deadlines, deputies, reviewers, and the hours in which rollouts start.',
      to: paths.policy(project),
    },
    { word: 'Hooks', says: 'How code, data and infrastructure are put back.', to: paths.hooks(project) },
    {
      word: 'Automations',
      says: 'Tokens for pipelines: they do the work of runs and never decide.',
      to: paths.automations(project),
    },
    {
      word: 'Systems that send',
      says: 'Who may send events, alerts and reports, signed.',
      to: paths.senders(project),
    },
  ]
}

/** What the installation settles for everybody. */
export const INSTALLATION: readonly Section[] = [
  { word: 'People and roles', says: 'Who works here, and in which roles.', to: paths.people() },
  {
    word: 'Invitations',
    says: 'Links by which somebody joins or chooses a password.',
    to: paths.invitations(),
  },
  {
    word: 'Sign-in',
    says: 'The provider that people sign in at, and the roles of its groups.',
    to: paths.identityProvider(),
  },
  { word: 'Plan templates', says: 'Rollout plans to begin with.', to: paths.planTemplates() },
  {
    word: 'Procedure',
    says: 'The definition that runs follow, and where the procedures are found that it names.',
    to: paths.procedure('feature-flag-rollout'),
  },
  {
    word: 'Retention',
    says: 'How long what is recorded is kept, and what was deleted.',
    to: paths.retention(),
  },
  { word: 'Secrets', says: 'Sealing all of them anew under the present key.', to: paths.secrets() },
]
