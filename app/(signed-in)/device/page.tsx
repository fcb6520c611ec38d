import type { Metadata } from "next";
import { Card } from "@/app/_components/card";
import { requireSession } from "@/lib/server/page-session";
import { DeviceSignIn } from "./device-sign-in";

export const metadata: Metadata = { title: "Sign in a device" };

interface DevicePageProps {
  searchParams: Promise<{ user_code?: string | string[] }>;
}

export default async function DevicePage({ searchParams }: DevicePageProps) {
  const { user_code } = await searchParams;
  const code = typeof user_code === "string" ? user_code.slice(0, 20) : "";
  const path = code ? `/device?user_code=${encodeURIComponent(code)}` : "/device";
  const { user } = await requireSession(path);
  return (
    <>
      <h1 className="text-2xl font-semibold">Sign in a device</h1>
      <div className="mt-6 max-w-xl">
        <Card>
          <DeviceSignIn initialCode={code} email={user.email} />
        </Card>
      </div>
    </>
  );
}
