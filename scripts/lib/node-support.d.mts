export function judgeNodeVersion(version: string, engines: string): "supported" | "untested" | "too old";
