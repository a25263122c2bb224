/** What a template is filled in with. */
export interface Blanks {
  /** As the user put it: `Add rooms table`. */
  readonly description: string;
  /** As the files' names spell it. */
  readonly label: string;
  readonly name: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** Paths from the bundle's root, which the story template names. */
  readonly rollback_path: string;
  readonly verify_path: string;
}

/** The text of the three files. */
export interface Texts {
  readonly up: string;
  readonly rollback: string;
  readonly verify: string;
}

// Rollback and verification hold no statement: untouched, the one counts as none, and of the other it is
// said that it checks nothing.
export const TEMPLATES = { plain, story } as const satisfies Record<string, (blanks: Blanks) => Texts>;

export type Template = keyof typeof TEMPLATES;

function plain(blanks: Blanks): Texts {
  const { description, label, date } = blanks;
  return {
    up: `-- Migration: ${description}
-- Version: ${label}
-- Date: ${date}

BEGIN;

-- Add your migration SQL here

-- Example:
-- ALTER TABLE paws360.users ADD COLUMN phone_number VARCHAR(20);

COMMIT;
`,
    rollback: `-- Rollback for: ${description}
-- Version: ${label}

-- Add your rollback SQL here. As long as it has no statement, the migration cannot be rolled back.

-- Example:
-- ALTER TABLE paws360.users DROP COLUMN phone_number;
`,
    verify: verification(blanks),
  };
}

/** STORY-007's sections, with rollback and verification in files of their own. */
function story(blanks: Blanks): Texts {
  const { description, label, name, date, rollback_path, verify_path } = blanks;
  return {
    up: `-- Migration: ${name}
-- Description: ${description}
-- Author: [AUTHOR_NAME]
-- Date: ${date}
-- Epic: [EPIC-XXX]
-- Story: [STORY-XXX]

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: [Description]
-- [SQL statements]

-- Step 2: [Description]
-- [SQL statements]

-- Verification: ${verify_path}, which runs before the commit

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

-- In ${rollback_path}, which wins over a block comment here.

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: [List any dependent migrations]
-- Breaking Changes: [Yes/No - describe if yes]
-- Data Migration: [Yes/No - describe if yes]
-- Estimated Duration: [Time estimate]
`,
    rollback: `-- Rollback: ${name}
-- Description: Undoes "${description}"
-- Version: ${label}
-- As long as it has no statement, the migration cannot be rolled back.

-- Reverse Step 2
-- [Rollback SQL]

-- Reverse Step 1
-- [Rollback SQL]
`,
    verify: verification(blanks),
  };
}

function verification({ description, label }: Blanks): string {
  return `-- Verification for: ${description}
-- Version: ${label}

-- Add verification queries here; they only read. In a \`status\` column PASS passes and WARNING warns;
-- anything else fails, and then nothing of the migration is kept.

-- Example:
-- SELECT 'users.phone_number exists' AS check_name,
--        CASE WHEN EXISTS (
--            SELECT 1 FROM information_schema.columns
--            WHERE table_schema = 'paws360'
--              AND table_name = 'users'
--              AND column_name = 'phone_number'
--        ) THEN 'PASS' ELSE 'FAIL' END AS status;
`;
}
