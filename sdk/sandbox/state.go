package sandbox

import "sync"

// Parts makes the State of a [Product] of its parts by path; the empty path is all of them. Each runs while lock is held, and gives a copy.
func Parts(lock sync.Locker, parts map[string]func() any) func(path string) (any, error) {
	return func(path string) (any, error) {
		lock.Lock()
		defer lock.Unlock()
		if path == "" {
			all := map[string]any{}
			for name, part := range parts {
				all[name] = part()
			}
			return all, nil
		}
		part, ok := parts[path]
		if !ok {
			return nil, notFound("state", path)
		}
		return part(), nil
	}
}

// Each is what f makes of a list; never nil, so that JSON has it as [].
func Each[A, B any](list []A, f func(A) B) []B {
	made := make([]B, len(list))
	for i, a := range list {
		made[i] = f(a)
	}
	return made
}
