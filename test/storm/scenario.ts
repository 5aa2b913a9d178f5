/** One stretch of a storm: what the sick helpdesk does, and for how long. */
export interface Phase {
  name: string
  seconds: number
  /** Undefined: it is well. */
  misbehaves?: 'busy' | 'fails' | 'silent'
}

export interface Scenario {
  customers: number
  /** Messages a second to the sick helpdesk, all customers together. */
  sickPerSecond: number
  /** The same to the helpdesk that is well. */
  wellPerSecond: number
  /** Before the first phase, and not measured, s. */
  warmUpSeconds: number
  phases: Phase[]
  /** How long the sick one may take to get all that waited, s. */
  recoverySeconds: number
}

/** 429 for a minute, 503 for ten, then no answer at all for a minute, while 200 customers write. */
export const fullScenario: Scenario = {
  customers: 200,
  sickPerSecond: 10,
  wellPerSecond: 20,
  warmUpSeconds: 20,
  phases: [
    { name: 'both well', seconds: 60 },
    { name: '429', seconds: 60, misbehaves: 'busy' },
    { name: '503', seconds: 600, misbehaves: 'fails' },
    { name: 'silent', seconds: 60, misbehaves: 'silent' },
  ],
  recoverySeconds: 1800,
}

/** All times a part of those, for a look at it. */
export function scaled(scenario: Scenario, scale: number): Scenario {
  const phases = scenario.phases.map((phase) => ({ ...phase, seconds: Math.max(1, phase.seconds * scale) }))
  return { ...scenario, phases, warmUpSeconds: scenario.warmUpSeconds * scale }
}
