import unittest

from greeting import greeting


class GreetingTest(unittest.TestCase):
    def test_names_who_is_greeted(self):
        self.assertEqual(greeting("you"), "Hello, you.")
