/** JSONLogic in imported conditions, by json-logic-engine; nothing else of the command line knows the package. */
import { jsonLogicOf } from '@flagmarshal/evaluation'
import type { Engines } from '@flagmarshal/evaluation'
import { LogicEngine } from 'json-logic-engine'

/** What importers and `compile` are given. */
export const engines: Engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }
