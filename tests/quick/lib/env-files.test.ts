import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it, test } from "vitest";

/**
 * The scripts and Next read the same values from `.env` files. A line that other programs would
 * read differently is refused.
 */

const root = mkdtempSync(path.join(tmpdir(), "gatehouse-env-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function folderWith(files: Record<string, string | Buffer>): string {
  folders += 1;
  const folder = path.join(root, String(folders));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

interface Result {
  settings: Record<string, string>;
  problems: string[];
  added?: string[];
}

function run(as: "script" | "next" | "write", dirs: string[], env: Record<string, string> = {}, dev = false) {
  const { PATH = "", HOME = "" } = process.env;
  const args = [
    "--import",
    "tsx",
    "tests/fixtures/read-env-files.ts",
    "--as",
    as,
    ...(dev ? ["--dev"] : []),
    ...dirs,
  ];
  const output = execFileSync(process.execPath, args, {
    env: { PATH, HOME, ...env } as unknown as NodeJS.ProcessEnv,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(output.toString()) as { results: Result[]; environment: Record<string, string> };
}

const read = (files: Record<string, string | Buffer>, env?: Record<string, string>, dev?: boolean) =>
  run("script", [folderWith(files)], env, dev).results[0] as Result;

const KEY = "zyxwvutsrqponmlkjihgfedcba9876543210";

describe("a line whose meaning is the same for all programs", () => {
  const rows: [line: string, value: string][] = [
    [`JWT_SECRET_KEY=${KEY}`, KEY],
    [`JWT_SECRET_KEY = ${KEY}  `, KEY],
    [`export JWT_SECRET_KEY="${KEY}"`, KEY],
    [`JWT_SECRET_KEY='${KEY}'`, KEY],
    [`JWT_SECRET_KEY=${KEY}\\$tail`, `${KEY}$tail`],
    [`JWT_SECRET_KEY='${KEY}#tail'`, `${KEY}#tail`],
    [`JWT_SECRET_KEY="${KEY} # tail"`, `${KEY} # tail`],
    [`JWT_SECRET_KEY=${KEY} # "the" key's comment`, KEY],
    [`JWT_SECRET_KEY="${KEY}" # "the" key's comment`, KEY],
    [`JWT_SECRET_KEY=${KEY}==`, `${KEY}==`],
    [`JWT_SECRET_KEY=${KEY}"'quotes`, `${KEY}"'quotes`],
    [`JWT_SECRET_KEY=a\\b${KEY}`, `a\\b${KEY}`],
    [`JWT_SECRET_KEY=${KEY}$`, `${KEY}$`],
    [`JWT_SECRET_KEY=first\nJWT_SECRET_KEY=${KEY}`, KEY],
    [`TAIL=wag\nJWT_SECRET_KEY=${KEY}\${TAIL}`, `${KEY}wag`],
    [`JWT_SECRET_KEY=\${NO_SUCH_NAME:-${KEY}}`, KEY],
  ];
  const forms: [string, (text: string) => string][] = [
    ["with LF", (text) => text],
    ["with CRLF", (text) => text.replaceAll("\n", "\r\n")],
    ["behind a byte order mark", (text) => `\ufeff${text}`],
    ["without a line end", (text) => text.trimEnd()],
  ];
  const cases = rows.flatMap(([line, value]) =>
    forms.map(([form, apply]) => ({
      line,
      form,
      value,
      folder: folderWith({ ".env.local": apply(`${line}\n`) }),
    })),
  );
  const dirs = cases.map(({ folder }) => folder);
  const script = run("script", dirs).results;
  const next = run("next", dirs).results;

  const titled = cases.map(({ line, form, value }, index) => [line, form, value, index] as const);
  test.each(titled)("is read as it is written: %j %s", (_line, _form, value, index) => {
    expect(script[index]).toMatchObject({ settings: { JWT_SECRET_KEY: value }, problems: [] });
    expect(next[index]).toMatchObject({ settings: { JWT_SECRET_KEY: value } });
  });
});

describe("a line that is not read as it is written", () => {
  const rows = [
    `JWT_SECRET_KEY=${KEY}$tail`,
    `JWT_SECRET_KEY="${KEY}$tail"`,
    `JWT_SECRET_KEY='${KEY}$tail'`,
    `JWT_SECRET_KEY=${KEY}\${tail}`,
    `JWT_SECRET_KEY=${KEY}$HOME`,
    `JWT_SECRET_KEY=${KEY}$1`,
    `JWT_SECRET_KEY=${KEY}#tail`,
    `JWT_SECRET_KEY=#${KEY}`,
    `JWT_SECRET_KEY="${KEY}#ta"il"`,
    `JWT_SECRET_KEY="${KEY}"#tail`,
    `JWT_SECRET_KEY="${KEY}\\ntail"`,
    `JWT_SECRET_KEY="${KEY}\ntail"`,
    `JWT_SECRET_KEY="${KEY}\nOTHER="x"`,
    `JWT_SECRET_KEY=${KEY}\nJWT_SECRET_KEY=${KEY}#tail`,
  ];
  const { results } = run(
    "script",
    rows.map((line) => folderWith({ ".env.local": `${line}\n` })),
  );
  test.each(rows.map((line, index) => [line, index] as const))(
    "is refused, without its value: %j",
    (_line, index) => {
      const { problems } = results[index] as Result;
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^JWT_SECRET_KEY: .*\.env\.local.*\. (Write|Put) /);
      expect(problems[0]).not.toMatch(/tail|zyxw/);
    },
  );

  it("is reported with its variable if a password contains a $", () => {
    const { problems } = read({ ".env.local": "DATABASE_URL=postgresql://u:pa$word1@host/db\n" });
    expect(problems).toEqual([expect.stringMatching(/^DATABASE_URL: holds a \$ in .env.local.*%24/)]);
  });

  it("is ignored if the app does not use the variable", () => {
    expect(read({ ".env.local": "NEXT_PUBLIC_PRICE=$free#x\n" }).problems).toEqual([]);
  });

  it("is reported with its file if the file is not UTF-8", () => {
    const utf16 = Buffer.from(`\ufeffJWT_SECRET_KEY=${KEY}\n`, "utf16le");
    expect(read({ ".env.local": utf16 }).problems).toEqual([
      ".env.local: is not UTF-8 text. Save it as UTF-8",
    ]);
  });
});

it("any value, written in any of the usual ways, is read as Next reads it, and is refused if it is not read as it is written", () => {
  const character = fc.constantFrom(..."$#\"'`\\ ={}:-,%!&|<>()[]~^*?;@/+.ab1_", "é");
  const value = fc.string({ unit: character, minLength: 1, maxLength: 14 }).map((text) => text.trim());
  const ways: ((text: string) => string)[] = [
    (text) => text,
    (text) => `'${text}'`,
    (text) => `"${text}"`,
    (text) => `\`${text}\``,
    (text) => `${text} # a comment`,
  ];
  const prefixes = ["", "export ", "  "];
  const ends = ["\n", "\r\n", ""];
  const samples = fc.sample(fc.tuple(value, fc.nat(4), fc.nat(2), fc.nat(2)), 600);
  const cases = samples.map(([text, way, prefix, end]) => {
    const written = ways[way] as (typeof ways)[number];
    const line = `${prefixes[prefix]}JWT_SECRET_KEY=${written(text)}${ends[end]}`;
    return { text, written, dir: folderWith({ ".env.local": line }) };
  });
  const dirs = cases.map(({ dir }) => dir);
  const script = run("script", dirs).results;
  const next = run("next", dirs).results;
  let accepted = 0;
  for (const [index, { text, written, dir }] of cases.entries()) {
    const { settings, problems } = script[index] as Result;
    const line = readFileSync(path.join(dir, ".env.local"), "utf8");
    expect(settings.JWT_SECRET_KEY ?? "", line).toBe(next[index]?.settings.JWT_SECRET_KEY ?? "");
    if (problems.length > 0 || !settings.JWT_SECRET_KEY) continue;
    accepted += 1;
    // A default, as in `${NAME:-default}`, is allowed.
    if (/\$\{/.test(text)) continue;
    // `\$` is the only escape. A value may contain quotes, and the line may end with a comment.
    const plain = text.replaceAll("\\$", "$");
    const bare = plain.replace(/\s#.*$/, "").trim();
    // In `"a" #"` the second quote ends the value, and a comment follows.
    const quoted = written(plain).match(/^(["'`])(.*?)\1\s+#/)?.[2];
    expect([plain, bare, bare.slice(1, -1), quoted], line).toContain(settings.JWT_SECRET_KEY);
  }
  expect(accepted).toBeGreaterThan(60);
}, 60_000);

describe("the files", () => {
  const all = {
    ".env": "A=1\nB=1\nC=1\nD=1\nE=1\n",
    ".env.production": "B=2\nC=2\nD=2\nE=2\n",
    ".env.local": "C=3\nD=3\nE=3\n",
    ".env.production.local": "D=4\nE=4\n",
    ".env.development": "B=5\n",
    ".env.development.local": "D=6\n",
  };
  it("are those of a build, the most specific first, and the environment overrides them", () => {
    expect(read(all, { E: "9" }).settings).toMatchObject({ A: "1", B: "2", C: "3", D: "4", E: "9" });
  });

  it("are those of next dev in npm run dev", () => {
    expect(read(all, {}, true).settings).toMatchObject({ A: "1", B: "5", C: "3", D: "6", E: "3" });
  });

  it("leave no variable in the process that reads them", () => {
    const { environment } = run("script", [folderWith(all)]);
    expect(Object.keys(environment).filter((name) => /^([A-E]|__NEXT_PROCESSED_ENV)$/.test(name))).toEqual(
      [],
    );
  });
});

it("a $ in the environment stays a $, even if a file has the same variable", () => {
  const files = { ".env.local": `JWT_SECRET_KEY=${KEY}\n`, ".env": `JWT_SECRET_KEY=${KEY}\n` };
  expect(read(files, { JWT_SECRET_KEY: "pa$word1\\$x" })).toMatchObject({
    settings: { JWT_SECRET_KEY: "pa$word1\\$x" },
    problems: [],
  });
});

describe("fresh secrets", () => {
  const rows: [what: string, before: string][] = [
    ["has no last line end", "MAX_BODY_MB=7"],
    ["has CRLF", "MAX_BODY_MB=7\r\n"],
    ["has CRLF and no last line end", "A=1\r\nMAX_BODY_MB=7"],
    ["begins with a byte order mark", "\ufeffMAX_BODY_MB=7\n"],
    ["has the keys without values", "JWT_SECRET_KEY=\nBETTER_AUTH_SECRET= # none yet\nMAX_BODY_MB=7\n"],
    ["has a key inside of a value", `NOTE="\nJWT_SECRET_KEY=${KEY}\n"\nMAX_BODY_MB=7\n`],
    ["ends in a comment", "MAX_BODY_MB=7\n# the end"],
    ["ends in an open quote", 'MAX_BODY_MB=7\nNOTE="open'],
  ];
  const dirs = rows.map(([, before]) => folderWith({ ".env.local": before }));
  const beside = folderWith({ ".env": `JWT_SECRET_KEY=${KEY}\n` });
  const first = run("write", [...dirs, beside]).results;
  const second = run("write", [...dirs, beside]).results;

  test.each(rows.map(([what, before], index) => [what, before, index] as const))(
    "are added to a file that %s, once, and all else stays",
    (_what, before, index) => {
      const { added, settings, problems } = first[index] as Result;
      expect(readFileSync(path.join(dirs[index] as string, ".env.local"), "utf8").startsWith(before)).toBe(
        true,
      );
      expect(added).toEqual(["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"]);
      expect(second[index]?.added).toEqual([]);
      expect(problems).toEqual([]);
      expect(settings.MAX_BODY_MB).toBe("7");
      for (const name of added ?? []) expect(settings[name]).toMatch(/^[\w-]{43}$/);
    },
  );

  it("do not hide the one in another file", () => {
    expect(first.at(-1)).toMatchObject({ added: ["BETTER_AUTH_SECRET"], settings: { JWT_SECRET_KEY: KEY } });
  });
});

test("a file that cannot be read is reported, and is not treated as missing", () => {
  const folder = folderWith({ ".env": `JWT_SECRET_KEY=${KEY}` });
  symlinkSync(".env.local", path.join(folder, ".env.local"));
  const { settings, problems } = run("script", [folder]).results[0] as Result;
  expect(problems).toEqual([
    expect.stringMatching(/^\.env\.local: cannot be read \(ELOOP: .*\)\. Let this user read it/),
  ]);
  expect(settings.JWT_SECRET_KEY).toBe(KEY);
});
